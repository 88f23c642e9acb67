"""The profiled and the unprofiled criterion, and the relative covariance factor Lambda."""
