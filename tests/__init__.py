"""The tests of adcli; the folders mirror those of the package."""
