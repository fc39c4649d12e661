"""One file a figure: a frozen type in, a plotly figure out."""
