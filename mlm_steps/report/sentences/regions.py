"""Sentences on the values of a moderator at which a slope differs from 0 (Johnson & Neyman)."""

from __future__ import annotations

from mlm_steps.records.effects import Region, SimpleSlopes, Stretch
from mlm_steps.report.inputs import ReportInput
from mlm_steps.report.sentences.effects import (
    Keys,
    condition_places,
    direction_phrase,
    number_text,
    plain_value,
    slope_keys,
)
from mlm_steps.report.sentences.outcomes import words_of
from mlm_steps.report.text.facts import DF_METHODS
from mlm_steps.report.text.notation import percent
from mlm_steps.report.text.text import Number, Phrase, capital, join, say, source

__all__ = ["region_sentence"]


def region_sentence(given: ReportInput, pair: SimpleSlopes, region: Region) -> Phrase:
    """Return the observed values of the moderator at which the slope differs from 0.

    Bounds outside the observed values are extrapolations and appear only in the table.
    """
    keys = slope_keys(pair, "johnson_neyman")
    fit = given.run.fit(pair.model)
    scale: Phrase = () if fit.linear else (f" on the scale of the {words_of(fit).scale}",)
    held = condition_places(given, pair.conditions)
    return capital(
        say(
            "{where}{claim} (Johnson–Neyman, {method}).",
            where=say("{held}, ", held=held) if held else None,
            claim=_claim(given, pair, region, scale, keys),
            method=DF_METHODS.get(pair.df_method, pair.df_method),
        )
    )


def _claim(given: ReportInput, pair: SimpleSlopes, region: Region, scale: Phrase, keys: Keys) -> Phrase:
    """Return where the slope differs from 0 among the observed values of the moderator."""
    parts: dict[str, Phrase] = {
        "what": (*direction_phrase(given, pair), *scale),
        "w": given.prose.variable(pair.moderator),
        "low": plain_value(region.observed_low),
        "high": plain_value(region.observed_high),
    }
    if not region.stretches:
        return say(
            "at no observed value of {w} ({low} to {high}) did {what} clearly differ from 0",
            **parts,
        )
    whole = [(region.observed_low, region.observed_high)]
    if [(each.low, each.high) for each in region.stretches] == whole:
        sign = _sign(region.stretches[0])
        return say(f"{{what}} was {sign} at all observed values of {{w}}, {{low}} to {{high}}", **parts)
    stretches = join([_stretch(region, each, keys) for each in region.stretches], last=" and ")
    return say(
        "over the observed values of {w} ({low} to {high}), {what} was {stretches}{units}",
        stretches=stretches,
        units=_units_in(given, region, keys),
        **parts,
    )


def _units_in(given: ReportInput, region: Region, keys: Keys) -> Phrase:
    """Return the share of the units at whose value of the moderator the slope differs from 0."""
    return say(
        "; {share} of the {n} {unit} lie in {this}",
        share=Number(percent(region.share, 0), source(*map(str, keys), "share_significant")),
        n=Number(str(region.n_units), source(*map(str, keys), "n_units")),
        unit=given.prose.units(region.unit) if region.unit else given.prose.observations,
        this="this region" if len(region.stretches) == 1 else "these regions",
    )


def _stretch(region: Region, stretch: Stretch, keys: Keys) -> Phrase:
    low, high = (_end(region, value, keys) for value in (stretch.low, stretch.high))
    return (f"{_sign(stretch)} from ", *low, " to ", *high)


def _end(region: Region, value: float, keys: Keys) -> Phrase:
    """Return an end of a stretch: a bound with its cell in the table, or a limit of the observed values."""
    places = {"bound_low": region.bounds[:1], "bound_high": region.bounds[1:][-1:]}
    name = next((name for name, bounds in places.items() if value in bounds), None)
    if name is None:
        return plain_value(value)
    return (Number(number_text(value), source(*map(str, keys), name)),)


def _sign(stretch: Stretch) -> str:
    return "positive" if stretch.sign > 0 else "negative"
