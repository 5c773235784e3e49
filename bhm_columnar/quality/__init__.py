"""Data quality: which units, links and sides can be trusted, judged from finished histograms."""
