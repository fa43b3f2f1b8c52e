"""What recipes are made of: objective terms, spaces, projections, views, selection."""
