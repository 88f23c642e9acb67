# Intervals that take a step of their own; the spec says which.
rule profile:
    input:
        key=profile_key,
        fit=LAYOUT.fit("{model}"),
    output:
        LAYOUT.intervals("profile", "{model}"),
    log:
        LAYOUT.log("profile/{model}"),
    shell:
        "{MLM} profile {ARGUMENTS} --model {wildcards.model} 2> {log:q}"
        " || {MLM} failed {ARGUMENTS} --step profile/{wildcards.model} --code $? --log {log:q}"
