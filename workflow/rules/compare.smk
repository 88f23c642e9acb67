rule compare:
    input:
        comparison_inputs,
    output:
        LAYOUT.comparison("{smaller}", "{larger}"),
    log:
        LAYOUT.log("compare/{smaller}--{larger}"),
    wildcard_constraints:
        smaller=WORK.rungs,
        larger=WORK.rungs,
    shell:
        "{MLM} compare {ARGUMENTS} --smaller {wildcards.smaller} --larger {wildcards.larger} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step compare/{wildcards.smaller}--{wildcards.larger}"
        " --code $? --log {log:q}"


# What is optional, and which of it is done.
checkpoint effort:
    input:
        effort_inputs,
    output:
        LAYOUT.effort,
    log:
        LAYOUT.log("effort"),
    shell:
        "{MLM} effort {ARGUMENTS} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step effort --code $? --log {log:q}"


# The replicates of a comparison that needs a bootstrap; where none is needed the job says so.
rule simulate:
    input:
        simulation_inputs,
    output:
        LAYOUT.simulated("{smaller}", "{larger}", "{numbers}"),
    log:
        LAYOUT.log("simulate/{smaller}--{larger}/{numbers}"),
    wildcard_constraints:
        smaller=WORK.rungs,
        larger=WORK.rungs,
        numbers="[0-9]+-[0-9]+",
    shell:
        "{MLM} simulate {ARGUMENTS} --smaller {wildcards.smaller} --larger {wildcards.larger}"
        " --replicates {wildcards.numbers} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS}"
        " --step simulate/{wildcards.smaller}--{wildcards.larger}/{wildcards.numbers}"
        " --code $? --log {log:q}"


rule variance:
    input:
        variance_inputs,
    output:
        LAYOUT.variance("{model}"),
    log:
        LAYOUT.log("variance/{model}"),
    shell:
        "{MLM} variance {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step variance/{wildcards.model} --code $? --log {log:q}"


# Each random effect of each rung, left out: one job for the whole ladder.
rule deletions:
    input:
        deletions_inputs,
    output:
        LAYOUT.deletions,
    log:
        LAYOUT.log("deletions"),
    shell:
        "{MLM} deletions {ARGUMENTS} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step deletions --code $? --log {log:q}"
