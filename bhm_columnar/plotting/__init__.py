"""From finished histograms to figures in CMS style; nothing is counted here."""
