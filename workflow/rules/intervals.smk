# Intervals that take a step of their own; the spec says which.
rule profile:
    input:
        profile_inputs,
    output:
        LAYOUT.intervals("profile", "{model}"),
    log:
        LAYOUT.log("profile/{model}"),
    shell:
        "{MLM} profile {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step profile/{wildcards.model} --code $? --log {log:q}"


# The replicates of a rung are spread over jobs; what they make is gathered by the next rule.
rule resample:
    input:
        resample_inputs,
    output:
        LAYOUT.resampled("{model}", "{numbers}"),
    log:
        LAYOUT.log("resample/{model}/{numbers}"),
    wildcard_constraints:
        model=WORK.rungs,
        numbers="[0-9]+-[0-9]+",
    shell:
        "{MLM} resample {ARGUMENTS} --model {wildcards.model} --replicates {wildcards.numbers} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step resample/{wildcards.model}/{wildcards.numbers}"
        " --code $? --log {log:q}"


rule bootstrap:
    input:
        bootstrap_inputs,
    output:
        LAYOUT.intervals("bootstrap", "{model}"),
    log:
        LAYOUT.log("bootstrap/{model}"),
    shell:
        "{MLM} bootstrap {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step bootstrap/{wildcards.model} --code $? --log {log:q}"
