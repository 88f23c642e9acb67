# A rung that fails leaves the reason in place of its record; the report shows it beside the others.
rule prelude:
    input:
        prelude_inputs,
    output:
        LAYOUT.prelude("{model}"),
    log:
        LAYOUT.log("prelude/{model}"),
    shell:
        "{MLM} prelude {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step prelude/{wildcards.model} --code $? --log {log:q}"


rule fit:
    input:
        fit_inputs,
    output:
        LAYOUT.fit("{model}"),
    log:
        LAYOUT.log("fit/{model}"),
    shell:
        "{MLM} fit {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step fit/{wildcards.model} --code $? --log {log:q}"


rule effects:
    input:
        effects_inputs,
    output:
        LAYOUT.effects,
    log:
        LAYOUT.log("effects"),
    shell:
        "{MLM} effects {ARGUMENTS} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step effects --code $? --log {log:q}"


# The rungs whose fits give reason to, or all: the spec says which.
rule allfit:
    input:
        allfit_inputs,
    output:
        LAYOUT.allfit,
    log:
        LAYOUT.log("allfit"),
    shell:
        "{MLM} allfit {ARGUMENTS} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step allfit --code $? --log {log:q}"


# Advice on the rungs whose fits are singular or in doubt: each alternative is fitted beside them.
rule remedies:
    input:
        remedies_inputs,
    output:
        LAYOUT.remedies,
    log:
        LAYOUT.log("remedies"),
    shell:
        "{MLM} remedies {ARGUMENTS} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step remedies --code $? --log {log:q}"
