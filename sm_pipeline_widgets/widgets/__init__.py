"""The live views: ipywidgets whose front ends live in labextension/."""
