#!/bin/sh
# The 54 pins of a Pi as a simulated chip, and the revision by which gpiozero knows the board.
set -eu
chip=/sys/kernel/config/gpio-sim/pi
mkdir -p "$chip/bank"
echo 54 > "$chip/bank/num_lines"
echo pinctrl-bcm2711 > "$chip/bank/label"
(cd "$chip/bank" && mkdir $(seq -f line%g 0 53))
for line in $(seq 0 53); do
    echo "GPIO$line" > "$chip/bank/line$line/name"
done
echo 1 > "$chip/live"
# Nothing is pressed: inputs are pulled up. Lights and motor are dark and still unless somebody drives them.
lines=/sys/devices/platform/gpio-sim.0/gpiochip0
for pull in "$lines"/sim_gpio*/pull; do
    echo pull-up > "$pull"
done
for line in $(cat /etc/kuager-emulator-outputs); do
    echo pull-down > "$lines/sim_gpio$line/pull"
done
{
    cat /proc/cpuinfo
    printf 'Hardware\t: BCM2835\nRevision\t: a02082\nSerial\t\t: 00000000e0000001\n'
    printf 'Model\t\t: Raspberry Pi 3 Model B Rev 1.2 (emulated)\n'
} > /run/kuager-emulator-cpuinfo
mount --bind /run/kuager-emulator-cpuinfo /proc/cpuinfo
