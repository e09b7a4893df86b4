"""Programs over arrays: how a graph of arrays is planned, laid out in memory and run."""
