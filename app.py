"""The Streamlit app: `streamlit run app.py`, or `landscape app`."""

import streamlit as st

from views.navigation import ICON, navigation
from workflow.initialise import ensure_store

st.set_page_config(page_title="LLM Research Landscape", page_icon=ICON, layout="wide")
navigation(ensure_store).run()
