#!/bin/sh
# Records the quickstart anew: asks the real models for all that its default search needs (10 to 20 minutes on
# two cores) and writes the responses and the result that travel with it.
set -eu
cd "$(dirname "$0")"
tglc models pull smollm2-135m-qa
tglc models pull gemma-3-270m
tglc optimize quickstart.tgl --live --force --store recording.sqlite --record quickstart.responses.jsonl.gz
rm -f recording.sqlite recording.sqlite-wal recording.sqlite-shm
