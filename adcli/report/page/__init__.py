"""Pages: one HTML file each, which needs no network and lets nothing but its own script run."""
