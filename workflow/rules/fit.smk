# A rung that fails leaves the reason in place of its record; the report shows it beside the others.
rule prelude:
    input:
        key=prelude_key,
        profile=ancient(LAYOUT.profile),
    output:
        LAYOUT.prelude("{model}"),
    log:
        LAYOUT.log("prelude/{model}"),
    shell:
        "{MLM} prelude {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step prelude/{wildcards.model} --code $? --log {log:q}"


rule fit:
    input:
        key=fit_key,
        profile=ancient(LAYOUT.profile),
    output:
        LAYOUT.fit("{model}"),
    log:
        LAYOUT.log("fit/{model}"),
    shell:
        "{MLM} fit {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step fit/{wildcards.model} --code $? --log {log:q}"
