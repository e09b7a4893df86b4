"""The uncertainty of results from the uncertainties of what was measured: the GUM's methods."""
