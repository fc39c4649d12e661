"""The grid as data: pipelines, components, topics, redirects, slide geometry, starter library."""
