"""How a design is factored: one grouping factor, nested factors, crossed factors."""
