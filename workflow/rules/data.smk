checkpoint data:
    input:
        WORK.key_file("data"),
    output:
        LAYOUT.profile,
    log:
        LAYOUT.log("data"),
    shell:
        "{MLM} data {ARGUMENTS} 2> {log:q}"
