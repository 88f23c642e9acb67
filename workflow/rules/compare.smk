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
