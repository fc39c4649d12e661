"""The Streamlit app: one `show()` a view. The only room that imports streamlit."""
