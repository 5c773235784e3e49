"""What bhm_columnar is compared with, written for that: the same work in plain Python, numpy, pandas, polars, Arrow and ROOT."""
