# Sourced by the scripts that start Java: finds a JDK that is new enough, whatever java on PATH is.
#
#   VARVE_JAVA_HOME     the JDK to use; otherwise JAVA_HOME, PATH and the standard folders are tried, in this order
#   VARVE_JDK_FOLDERS   patterns of folders to search instead of the standard ones

JDK_MIN=25

# True if $1 is the home of a JDK that is new enough. Reads its release file, so no JVM is started.
is_jdk() {
    [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    version=
    while IFS='=' read -r key value; do
        [ "$key" != JAVA_VERSION ] || version=$value
    done < "$1/release"
    version=${version#\"}
    version=${version%%[!0-9]*}
    [ -n "$version" ] && [ "$version" -ge "$JDK_MIN" ]
}

# Sets jdk, or fails.
find_jdk() {
    for jdk in "${VARVE_JAVA_HOME:-}" "${JAVA_HOME:-}"; do
        is_jdk "$jdk" && return 0
    done
    if onpath=$(command -v java); then
        onpath=$(readlink -f "$onpath")
        jdk=${onpath%/bin/java}
        is_jdk "$jdk" && return 0
    fi
    home=${HOME:-/nonexistent}
    folders=${VARVE_JDK_FOLDERS-"/usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/*jdk* /opt/jvm/* /usr/local/*jdk*
        $home/.sdkman/candidates/java/* $home/.jdks/* $home/.local/share/mise/installs/java/* $home/.asdf/installs/java/*"}
    # Unquoted on purpose: the patterns are expanded here.
    for jdk in $folders; do
        is_jdk "$jdk" && return 0
    done
    return 1
}

# What a script says that finds none.
NO_JDK="no JDK $JDK_MIN or later found in VARVE_JAVA_HOME, JAVA_HOME, PATH or the standard folders: install one, or set VARVE_JAVA_HOME to its folder"
