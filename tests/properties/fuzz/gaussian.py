"""A Gaussian family for tests, with which a generalized model is a linear one."""

from __future__ import annotations

import numpy as np

from mlm_steps.engine.families.base import Derivatives, InDispersion


class Gaussian:
    """The normal distribution with the identity link; phi is the residual variance."""

    name = "gaussian"
    links = ("identity",)
    link = "identity"
    has_dispersion = True
    has_trials = False
    integers = False
    dispersion = None
    mean_words = "mean"
    transformed = None
    variance_methods = ()
    kernel = None

    def constant(self, outcome, phi):
        return np.full(outcome.y.size, -0.5 * np.log(2.0 * np.pi * phi))

    def log_density(self, outcome, eta, phi):
        return -0.5 * (outcome.y - eta) ** 2 / phi

    def derivatives(self, outcome, eta, phi):
        one = np.ones_like(eta)
        return Derivatives((outcome.y - eta) / phi, one / phi, 0.0 * one)

    def in_dispersion(self, outcome, eta, phi):
        e2 = (outcome.y - eta) ** 2 / phi
        return InDispersion(0.5 * e2 - 0.5, -(outcome.y - eta) / phi, -np.ones_like(eta) / phi)

    def initial_eta(self, outcome):
        return outcome.y

    def initial_phi(self, outcome, eta):
        return max(float(np.mean((outcome.y - eta) ** 2)), 1e-8)

    def mean(self, eta):
        return eta
