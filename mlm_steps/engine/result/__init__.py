"""The values that a fit returns."""
