#!/bin/sh
# Runs in the build root: layer.sh WHEELS OUT. Makes the environment that becomes /usr/lib/kuager, without ours in it.
set -eu
wheels=$1 out=$2
site="$out/lib/python3.13/site-packages"
mkdir -p "$out/bin" "$site"
ln -s /usr/bin/python3.13 "$out/bin/python"
printf 'home = /usr/bin\ninclude-system-site-packages = true\n' >"$out/pyvenv.cfg"
python3.13 -m pip install -q --no-deps --no-index --no-compile --root-user-action=ignore --target "$site" "$wheels"/*.whl
rm -rf "$site/bin"
find "$site" \( -name direct_url.json -o -name REQUESTED -o -name tests -o -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' \) \
    -prune -exec rm -rf {} +
# Nobody but root may write there, so Python could not keep what it compiles.
python3.13 -m compileall -q --invalidation-mode unchecked-hash -s "$out" -p /usr/lib/kuager "$site"
