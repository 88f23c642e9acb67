checkpoint data:
    input:
        key=key_of("data"),
        file=ancient(WORK.data_file),
    output:
        LAYOUT.profile,
    log:
        LAYOUT.log("data"),
    shell:
        "{MLM} data {ARGUMENTS} 2> {log:q}"
