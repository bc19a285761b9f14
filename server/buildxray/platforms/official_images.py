"""The official images of Docker Hub that exist for more than one platform.

Source: the `Architectures` in the files of github.com/docker-library/official-images, library/, for every tag that they list; distroless
is published for the same architectures (github.com/GoogleContainerTools/distroless, README). An image or tag that is missing here is unknown.
"""

from __future__ import annotations

from typing import Final

from buildxray.platforms.platform import Platform
from buildxray.syntax.lazy_regex import lazy_regex

_NAME: Final = lazy_regex(r"docker\.io/library/(?P<name>[a-z0-9._-]+)(?::[^@]*)?")
_DISTROLESS: Final = lazy_regex(
    r"gcr\.io/distroless/(?:base|cc|java|nodejs|python3|static)[a-z0-9-]*(?::(?:latest|nonroot|debug))?"
)
_ON_AMD64_AND_ARM64: Final = frozenset(
    {
        "alpine",
        "almalinux",
        "amazonlinux",
        "buildpack-deps",
        "busybox",
        "caddy",
        "debian",
        "gcc",
        "golang",
        "haproxy",
        "httpd",
        "mariadb",
        "memcached",
        "nginx",
        "node",
        "perl",
        "php",
        "postgres",
        "python",
        "redis",
        "rockylinux",
        "ruby",
        "rust",
        "ubuntu",
    }
)
_ON_ARM_V7: Final = frozenset(
    {"alpine", "buildpack-deps", "busybox", "debian", "httpd", "memcached", "nginx", "ubuntu"}
)

_ON_ARM_V6: Final = frozenset({"alpine", "busybox"})


def is_official(name: str) -> bool:
    """True if Docker Hub is known to have an official image of a name without registry and tag."""
    return name in _ON_AMD64_AND_ARM64 or _OTHERS.fullmatch(name) is not None


_OTHERS: Final = lazy_regex(
    r"adminer|aerospike|alt|amazoncorretto|api-firewall|arangodb|archlinux|azul-zulu|backdrop|bash|bonita|cassandra|celery|centos|chronograf"
    r"|cirros|clearlinux|clefos|clojure|composer|consul|convertigo|couchbase|couchdb|crate|crux|dart|django|docker|docker-dev|drupal"
    r"|eclipse-mosquitto|eclipse-temurin|eggdrop|elasticsearch|elixir|emqx|erlang|euleros|express-gateway|fedora|flink|fluentd|friendica|fsharp"
    r"|gazebo|geonetwork|ghost|glassfish|gradle|groovy|haskell|haxe|hello-seattle|hello-world|hipache|hitch|hola-mundo|hylang|ibm-semeru-runtimes"
    r"|ibmjava|influxdb|iojs|irssi|java|jenkins|jetty|jobber|joomla|jruby|julia|kaazing-gateway|kapacitor|kibana|known|kong|krakend|lightstreamer"
    r"|liquibase|logstash|mageia|matomo|maven|mediawiki|mongo|mongo-express|monica|mono|mysql|nats|nats-streaming|neo4j|neurodebian|nextcloud"
    r"|notary|nuxeo|odoo|open-liberty|openjdk|opensuse|oraclelinux|orientdb|owncloud|percona|photon|php-zendserver|phpmyadmin|piwik|plone"
    r"|postfixadmin|pypy|r-base|rabbitmq|rails|rakudo-star|rapidoid|redmine|registry|rethinkdb|rocket\.chat|ros|sapmachine|satosa|sentry|silverpeas"
    r"|sl|solr|sonarqube|sourcemage|spark|spiped|storm|swarm|swift|swipl|teamspeak|telegraf|thrift|tomcat|tomee|traefik|ubuntu-debootstrap"
    r"|ubuntu-upstart|unit|valkey|varnish|vault|websphere-liberty|wordpress|xwiki|yourls|znc|zookeeper"
)
"""Other official images, also of earlier years, which are not in the table for every tag, or for every platform."""


def is_of_machine(image: str) -> bool:
    """True if an image, by its full name, is one that only the machine which builds has: without an owner, and none of the official images."""
    match = _NAME.fullmatch(image.partition("@")[0])
    return match is not None and not is_official(match["name"])


def exists_for(image: str, platform: Platform) -> bool:
    """True if an image is known to exist for a normalised platform. `image` is a full name: `docker.io/library/alpine:3.20`."""
    if platform.os != "linux" or platform.os_version:
        return False
    match = _NAME.fullmatch(image)
    name = match["name"] if match is not None else ""
    if platform.architecture in ("amd64", "arm64") and not platform.variant:
        return (name in _ON_AMD64_AND_ARM64 and "windows" not in image) or _DISTROLESS.fullmatch(image) is not None
    kind = (platform.architecture, platform.variant)
    return (kind == ("arm", "v7") and name in _ON_ARM_V7) or (kind == ("arm", "v6") and name in _ON_ARM_V6)


OFFICIAL: Final = "docker.io/library/"
"""The start of the full names of the official images of Docker Hub."""


def is_of_general_use(image: str) -> bool:
    """True for an image that is published for everybody by the project or the company that makes its contents, or for none.

    `image` is a full name, `scratch`, or empty if it depends on the target. Such images set variables of their own contents only.
    """
    return image in ("", "scratch") or _OF_GENERAL_USE.match(image) is not None


_OF_GENERAL_USE: Final = lazy_regex(
    r"docker\.io/library/|docker\.io/(?:tonistiigi|nvidia|bitnami|gradle|chainguard)/|mcr\.microsoft\.com/|gcr\.io/distroless/|registry\.access\.redhat\.com/|quay\.io/(?:centos|fedora|pypa)/|cgr\.dev/|public\.ecr\.aws/(?:docker|amazonlinux|lambda)/|nvcr\.io/nvidia/"
)
"""The beginnings of the names of such images."""


NAMES_OF_FROZEN: Final = (
    "archlinux",
    "intel/oneapi",
    "maven:",
    "mssql/server",
    "mysql:",
    "onbuild",
    "openjdk:",
    "oracle-xe",
    "rocm/",
)
"""A part of the name of each image of which `is_missing_for` knows tags."""


def is_missing_for(image: str, platform: Platform) -> bool:
    """True if an image is known to exist for amd64 only.

    Tags of earlier years are never published again, and Arch Linux supports no other architecture; nor do SQL Server for Linux, Oracle
    Database XE, Intel's compilers and AMD's ROCm.
    Source: the `Architectures` of these tags in the history of github.com/docker-library/official-images, library/: openjdk on Alpine, Maven
    on it, MySQL 5, Arch Linux, Go 1.8 and earlier with triggers; github.com/archlinux/archlinux-docker, issue 29; the system requirements of the products.
    """
    return (
        platform.os == "linux"
        and platform.architecture in ("arm", "arm64")
        and _ON_AMD64_ONLY.fullmatch(image) is not None
    )


_ON_AMD64_ONLY: Final = lazy_regex(
    r"docker\.io/library/(?:golang:(?:[\w.]+-)?onbuild|openjdk:[\w.+-]*-alpine[\d.]*|maven:[\w.]+-jdk-\d+-alpine|mysql:5(?:\.[\d.]+)?)"
    r"|(?:docker\.io/(?:(?:library|archlinux)/archlinux|gvenzl/oracle-xe|intel/oneapi-[\w-]+|rocm/[\w.-]+)|mcr\.microsoft\.com/mssql/server)(?:[:@].*)?"
)


def is_directory_of(image: str, path: str) -> bool:
    """True if an image has a directory at an absolute path, as far as known from its full name; all but minimal images have those of a distribution."""
    match = _NAME.fullmatch(image)
    name = match["name"] if match is not None else ""
    if path in _DIRECTORIES.get(name, ()):
        return True
    is_minimal = image in ("", "scratch") or name == "busybox" or _DISTROLESS.fullmatch(image) is not None
    return _OF_DISTRIBUTIONS.fullmatch(path) is not None and not is_minimal


_OF_DISTRIBUTIONS: Final = lazy_regex(
    r"/(?:s?bin|etc(?:/profile\.d|/ssl(?:/certs)?)?|home|lib|media|mnt|opt|root|run|srv|tmp|usr(?:/local)?(?:/(?:bin|lib|share))?|usr/sbin|var(?:/(?:cache|lib|log|tmp))?)?"
)
"""Directories that Alpine, Debian, Fedora and the distributions made of them have."""

_DIRECTORIES: Final = {
    "caddy": ("/etc/caddy", "/usr/share/caddy"),
    "golang": ("/go", "/go/bin", "/go/src"),
    "httpd": ("/usr/local/apache2", "/usr/local/apache2/conf", "/usr/local/apache2/htdocs"),
    "mariadb": ("/docker-entrypoint-initdb.d", "/etc/mysql"),
    "mongo": ("/docker-entrypoint-initdb.d",),
    "mysql": ("/docker-entrypoint-initdb.d",),
    "nginx": ("/docker-entrypoint.d", "/etc/nginx", "/etc/nginx/conf.d", "/usr/share/nginx/html"),
    "node": ("/home/node",),
    "php": ("/usr/local/etc/php", "/usr/local/etc/php/conf.d", "/var/www", "/var/www/html"),
    "postgres": ("/docker-entrypoint-initdb.d",),
    "tomcat": ("/usr/local/tomcat", "/usr/local/tomcat/conf", "/usr/local/tomcat/webapps"),
}
"""Directories that official images create. Source: their Dockerfiles, linked from github.com/docker-library/official-images."""
