"""Random effects, predictions and leverages given the data."""
