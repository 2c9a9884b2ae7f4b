#!/bin/sh
# The voice before the microphone: played into the loop whose other end the firmware records, without a gap.
set -eu
while :; do cat /usr/lib/kuager-emulator/voice.raw; done | aplay -q -t raw -f S16_LE -r 48000 -c 1 -D plughw:Mic,0,0
