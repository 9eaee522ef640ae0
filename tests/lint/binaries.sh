#!/bin/bash
# What the installed programs link and how they were hardened, read back from
# the binaries: a flag that was lost on the way is seen here.
. "$(dirname "$0")/lib.bash"
needs readelf
prefix=${AGENTSECRETS_PREFIX:?}

# linked FILE: its NEEDED libraries, without libc and the loader.
linked() {
  readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\([^].]*\)\.so.*/\1/p' |
    grep -vE '^(libc|ld-linux.*)$' | sort || :
}

# only FILE LIBRARY...: nothing but these.
only() {
  local file=$prefix/$1
  shift
  [ -x "$file" ] || echo "$file is not installed"
  comm -23 <(linked "$file") <(printf '%s\n' "$@" | sort)
}

# hardened FILE: print what is missing.
hardened() {
  local file=$1 header program dynamic symbols
  header=$(readelf -hW "$file")
  program=$(readelf -lW "$file")
  dynamic=$(readelf -dW "$file")
  symbols=$(readelf --dyn-syms -W "$file")
  [[ $header == *'Type:'*DYN* ]] || echo 'is not position independent'
  [[ $dynamic == *PIE* ]] || echo 'has no PIE flag'
  [[ $program == *GNU_RELRO* ]] || echo 'has no RELRO'
  [[ $dynamic == *BIND_NOW* || $dynamic == *' NOW'* ]] ||
    echo 'binds lazily'
  grep -q 'GNU_STACK.* RW ' <<<"$program" || echo 'has an executable stack'
  ! grep -qE 'LOAD.* RWE ' <<<"$program" || echo 'has a writable code segment'
  [[ $dynamic != *RPATH* && $dynamic != *RUNPATH* ]] || echo 'has an RPATH'
  [[ $dynamic != *TEXTREL* ]] || echo 'has text relocations'
  [[ $symbols == *__stack_chk_fail* ]] || echo 'has no stack protector'
  [[ $symbols == *_chk@* ]] || echo 'is not fortified'
  [ ! -u "$file" ] && [ ! -g "$file" ] || echo 'is setuid or setgid'
}

programs() {
  find "$prefix/bin" "$prefix/libexec" -type f -perm /111
}

only bin/agentsecrets libsodium libnettle libcjson |
  found_nothing 'the launcher links libsodium, libnettle, libcjson, libc'
only libexec/agentsecrets/agentsecrets-net libcurl libcjson libsodium |
  found_nothing 'the net helper links libcurl, libcjson, libsodium, libc'
only libexec/agentsecrets/agentsecrets-keychain libsecret-1 libgio-2 \
  libgobject-2 libglib-2 |
  found_nothing 'the keychain helper links libsecret, GLib, libc'
only bin/agentsecrets-server libmicrohttpd libsqlite3 libcjson libsodium \
  libargon2 libnettle | found_nothing 'the server links no client library'
for program in $(programs); do
  hardened "$program" | found_nothing "${program#"$prefix"/} is hardened"
done
lint_done
