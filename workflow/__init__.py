"""Harvest, store, classify: the steps that CLI, scheduler and app share."""
