#!/bin/sh
# Checks this folder, with a POSIX shell and GNU coreutils alone, and changes nothing in it:
#   sh verify.sh
# It prints the head of the chain and exits 0; or it names what does not fit, and exits 1. README.md says what that
# proves, and what it cannot.
set -u
LC_ALL=C
export LC_ALL
unset CDPATH
cd -- "$(dirname -- "$0")" || exit 1
# In memory where there is some: a thousand small files at a time.
work=$(mktemp -d -p /dev/shm 2> /dev/null || mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM PIPE
faults=0
fault() {
  printf 'FAILED: %s\n' "$1"
  faults=$((faults + 1))
}
# The lines of a file as faults, the first twenty of them.
faults_in() {
  lines=0
  while IFS= read -r line; do
    lines=$((lines + 1))
    if [ "$lines" -le 20 ]; then fault "$1$line"; fi
  done < "$2"
  if [ "$lines" -gt 20 ]; then fault "$1… and $((lines - 20)) more"; fi
}

# 1. The files: each as SHA256SUMS says, none missing, none besides.
walk() {
  for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -L "$entry" ] || { [ -e "$entry" ] && [ ! -f "$entry" ] && [ ! -d "$entry" ]; }; then
      printf 'no plain file: %s\n' "$entry" >> "$work/odd"
    elif [ -d "$entry" ]; then
      walk "$entry"
    elif [ -f "$entry" ]; then
      case ${entry#./} in
        *[!A-Za-z0-9._/-]*) printf 'its name is of no file of a pack: %s\n' "$entry" >> "$work/odd" ;;
        *) printf '%s\n' "${entry#./}" ;;
      esac
    fi
  done
}
walk . | sort > "$work/all"
if [ -e "$work/odd" ]; then faults_in '' "$work/odd"; fi
printf 'SHA256SUMS\n' | comm -23 "$work/all" - > "$work/files"
split -l 500 "$work/files" "$work/part."
for part in "$work"/part.*; do
  [ -e "$part" ] || continue
  set -f
  # Names in a pack have no blanks; one that has is no file of it, and sha256sum says so.
  # shellcheck disable=SC2046
  sha256sum -- $(cat "$part") 2>> "$work/unread" >> "$work/found"
  set +f
done
[ -e "$work/found" ] || : > "$work/found"
if [ -e SHA256SUMS ]; then sort SHA256SUMS > "$work/said"; else
  fault "SHA256SUMS is not there: the pack is not whole"
  : > "$work/said"
fi
sort "$work/found" > "$work/sums"
comm -23 "$work/said" "$work/sums" > "$work/lost"
comm -13 "$work/said" "$work/sums" > "$work/other"
faults_in 'SHA256SUMS says, and it is not so: ' "$work/lost"
faults_in 'found instead, or besides: ' "$work/other"
if [ -s "$work/unread" ]; then faults_in '' "$work/unread"; fi

# 2. The events: the SHA-256 of each file is its leaf, and each chain value is the SHA-256 of 0x02, the chain value before
# it and the leaf. The chain values as events/chain gives them are hashed all at once and compared with themselves.
count=0
for folder in events/?????*/; do
  [ -d "$folder" ] || continue
  for file in "$folder"*; do
    printf '%s\n' "${file##*/}"
  done >> "$work/numbers"
  sha256sum "$folder"* | cut -c 1-64 >> "$work/leaves"
done
head=$(sha256sum < events/ledger | cut -c 1-64)
if [ -e "$work/numbers" ]; then
  count=$(wc -l < "$work/numbers")
  cut -d ' ' -f 3 events/chain > "$work/claimed"
  { printf '%s\n' "$head"; head -n "$((count - 1))" "$work/claimed"; } > "$work/before"
  yes 02 | head -n "$count" | paste -d '\0' - "$work/before" "$work/leaves" | tr -d '\n' | tr a-f A-F |
    basenc --base16 -d > "$work/links"
  split -b 65000 -a 4 "$work/links" "$work/links."
  mkdir "$work/link"
  for part in "$work"/links.*; do
    split -b 65 -a 3 "$part" "$work/link/"
    sha256sum "$work"/link/* | cut -c 1-64 >> "$work/chain_values"
    rm -f "$work"/link/*
  done
  paste -d ' ' "$work/numbers" "$work/leaves" "$work/chain_values" > "$work/chain"
  comm -3 --nocheck-order "$work/chain" events/chain | head -n 1 > "$work/first"
  while read -r number rest; do
    fault "event $number does not fit: its bytes, its leaf and the chain up to it do not belong together"
  done < "$work/first"
  last=$(printf '%08d' "$count")
  if [ "$(tail -n 1 "$work/numbers")" != "$last" ]; then fault "an event is missing: the last one is not number $last"; fi
  head=$(tail -n 1 "$work/chain_values")
fi

# 3. The texts: each is named by an event, in its field 8 (a SHA-256, 32 bytes), and is what that says.
cut -d ' ' -f 2 texts | tr a-f A-F | paste -d ' ' - texts > "$work/named"
while read -r upper event digest file; do
  case $file in
    *"${digest%"${digest#????????????}"}"*) ;;
    *) printf '%s does not bear the beginning of %s in its name\n' "$file" "$digest" >> "$work/unnamed" ;;
  esac
  printf '%s  %s\n' "$digest" "$file"
  if [ "$event" = - ]; then continue; fi
  case $(basenc --base16 -w 0 "$event") in
    *"080000000000000020$upper"*) ;;
    *) printf '%s does not name %s\n' "$event" "$file" >> "$work/unnamed" ;;
  esac
done < "$work/named" > "$work/texts"
if [ -e "$work/unnamed" ]; then faults_in '' "$work/unnamed"; fi
sort "$work/texts" | comm -23 - "$work/sums" > "$work/changed"
faults_in 'no text of an event any more: ' "$work/changed"

# 4. The checkpoints: the chain goes through each. Who signed them, openssl can tell (README.md).
for note in checkpoint earlier-checkpoint-*; do
  [ -e "$note" ] || continue
  { read -r origin && read -r size && read -r root; } < "$note"
  if [ "$origin" != "strata-ledger/$(cat events/ledger)" ]; then fault "$note is of another ledger: $origin"; fi
  if [ "$size" -gt "$count" ]; then
    fault "$note knows event $size; the last one here is $count"
  elif [ "$size" -gt 0 ]; then
    value=$(head -n "$size" "$work/chain_values" | tail -n 1 | tr a-f A-F | basenc --base16 -d | base64)
    if [ "$value" != "$root" ]; then fault "$note says that event $size has the chain value $root; here it has $value"; fi
  fi
done

printf '%s files, %s events of ledger %s\n' "$(wc -l < "$work/files")" "$count" "$(cat events/ledger)"
printf 'head: event %s, chain value %s\n' "$count" "$head"
printf 'SHA-256 of SHA256SUMS: %s\n' "$(sha256sum < SHA256SUMS | cut -c 1-64)"
if [ "$faults" -gt 0 ]; then
  printf 'NOT VERIFIED: %s faults\n' "$faults"
  exit 1
fi
printf 'verified: nothing was changed since the pack was made\n'
