"""The effects of commands, by toolchain, in a stage on a linux/amd64 build machine for amd64 and arm64."""

from __future__ import annotations

from buildxray.semantics.commands import reading, recognize
from buildxray.toolchains.base import Effect, Invocation, Reading, Use
from tests.support.cases import every_case
from tests.support.rules import context

STAGE = "FROM --platform=$BUILDPLATFORM alpine\nWORKDIR /src\nARG TARGETARCH TARGETPLATFORM OPEN\nENV FIXED=arm64\nRUN "


def invocations(command: str) -> tuple[Invocation, ...]:
    return context(STAGE + command + "\n").build.inventory.invocations(4)


def last_use(command: str) -> Use | None:
    return recognize(invocations(command)[-1])


@every_case(
    "command, described",
    [
        # Go
        ("go build ./...", "compile go build amd64 amd64"),
        ("GOARCH=$TARGETARCH go build", "compile go build amd64 arm64"),
        ("export GOARCH=$TARGETARCH; go build", "compile go build amd64 arm64"),
        ("GOARCH=$FIXED go build", "compile go build arm64 arm64"),
        ("GOARCH=$OPEN go build", "compile go build ? ?"),
        ("GOARCH=$(x) go build", "compile go build ? ?"),
        ("GOARCH= go build", "compile go build amd64 amd64"),
        ("X=arm; GOARCH=${X}64 go build", "compile go build arm64 arm64"),
        ("if a; then export GOARCH=arm64; fi; go build", "compile go build ? ?"),
        ("GO=go; $GO build", "compile go build amd64 amd64"),
        ("time env A=b nice -n 5 go install x", "compile go install amd64 amd64"),
        ("go test -c ./x", "compile go test amd64 amd64"),
        ("go test ./...", "execute go test"),
        ("go run ./x", "execute go run"),
        ("go run ./x > /out.html", "bundle go run"),
        ("go run ./x 2> /log", "execute go run"),
        ("go run ./x < y", "execute go run"),
        ("go run ./x 2>&1", "execute go run"),
        ("go mod download", "fetch go mod download"),
        ("go env GOARCH", "probe go env"),
        ("go vet ./...", "neutral go vet"),
        ("export GOARCH=arm64; go env GOARCH", "neutral go env"),
        ("xcaddy build --with x", "compile xcaddy build amd64 amd64"),
        ("GOARCH=$TARGETARCH xcaddy build", "compile xcaddy build amd64 arm64"),
        ("tinygo build .", "compile tinygo build amd64 amd64"),
        ("tinygo build -target wasm -o a.wasm .", "compile tinygo build ? ?"),
        # xx
        ("xx-go build .", "compile xx-go amd64 arm64"),
        ("xx-apk add gcc", "install xx-apk"),
        ("xx-info", "neutral xx-info"),
        ("xx-go --wrap", "neutral xx-go"),
        ("xx-go mod download", "fetch xx-go"),
        ("xx-cargo fetch --locked", "fetch xx-cargo"),
        ("xx-cargo metadata", "neutral xx-cargo"),
        ("xx-go env GOARCH", "neutral xx-go"),
        ("xx-clang --print-target-triple", "neutral xx-clang"),
        ("xx-clang --setup-target-triple", "neutral xx-clang"),
        ("xx-clang -o fetch a.c", "compile xx-clang amd64 arm64"),
        ("xx-go --wrap && go mod download", "fetch go mod download"),
        ("xx-go --wrap && go build .", "compile xx-go amd64 arm64"),
        ("xx-go --wrap && xx-go --unwrap && go build .", "compile go build amd64 amd64"),
        ("xx-cargo --wrap; cargo build", "compile xx-cargo amd64 arm64"),
        # Node.js
        ("npm ci --omit=dev", "install npm ci"),
        ("yarn", "install yarn install"),
        ("pnpm fetch", "fetch pnpm fetch"),
        ("pnpm --filter api deploy --prod /out", "install pnpm deploy"),
        ("npm run build", "bundle npm run build"),
        ("npm run --silent build:prod", "bundle npm run build:prod"),
        ("yarn build", "bundle yarn build"),
        ("npx vite build", "bundle npx vite"),
        ("pnpm exec vite build", "bundle pnpm exec vite"),
        ("yarn vite build", "bundle yarn vite"),
        ("pnpm turbo run build --filter=web", "bundle pnpm turbo"),
        ("npx turbo run test", "execute npx turbo"),
        ("turbo prune web", "neutral turbo prune"),
        ("nx run-many --target=test,build", "bundle nx run-many"),
        ("nx run web:build", "bundle nx run"),
        ("nx lint web", "execute nx lint"),
        ("pnpm exec prisma migrate", "execute pnpm exec"),
        ("npm test", "execute npm test"),
        ("npm run rebuild-all-things", "execute npm run rebuild-all-things"),
        ("npx tsup src/index.ts", "bundle npx tsup"),
        ("yarn docusaurus build", "bundle yarn docusaurus"),
        ("npx pkg . --targets node22-linux-x64 --output /out/app", "compile npx pkg amd64 amd64"),
        ("pnpm exec pkg . -t linux-arm64", "compile pnpm exec pkg arm64 arm64"),
        ("npx pkg . -t node22-linux-$TARGETARCH", "compile npx pkg amd64 arm64"),
        ("yarn pkg . -t node22-linux-x64,node22-win-x64", "compile yarn pkg ? ?"),
        ("npx nexe app.js -o app", "compile npx nexe amd64 amd64"),
        ("npm cache clean --force", "neutral npm cache"),
        # Java
        ("./mvnw -B package -DskipTests", "bundle mvnw package"),
        ("mvn dependency:go-offline", "fetch mvn dependency:go-offline"),
        ("gradle --no-daemon bootJar", "bundle gradle bootJar"),
        ("mvn -Pnative package", "compile mvn package amd64 amd64"),
        ("mvn package -Dquarkus.native.enabled=true", "compile mvn package amd64 amd64"),
        ("./gradlew build -Dquarkus.package.type=native", "compile gradlew build amd64 amd64"),
        ("mvn package -Dquarkus.package.type=uber-jar", "bundle mvn package"),
        ("$JAVA_HOME/bin/jlink --output /jre", "compile jlink amd64 amd64"),
        ("jlink --module-path $JAVA_HOME/jmods --output /jre", "compile jlink amd64 amd64"),
        ("jlink --module-path /jdk-for-arm/jmods --output /jre", "compile jlink ? ?"),
        ("mvn help:evaluate", "neutral mvn help:evaluate"),
        ("native-image -jar a.jar", "compile native-image amd64 amd64"),
        ("mvn test", "execute mvn test"),
        ("mvn clean verify", "bundle mvn verify"),
        ("mvn --batch-mode --define k=v package", "bundle mvn package"),
        ("mvn -B -pl api -am -P prod -T 1C -gs s.xml clean install", "bundle mvn install"),
        ("mvn clean", "fetch mvn clean"),
        ("gradle -x test clean bootJar", "bundle gradle bootJar"),
        ("gradle check", "execute gradle check"),
        ("sbt 'set test in assembly := {}' clean assembly", "bundle sbt assembly"),
        ("lein with-profile prod uberjar", "bundle lein uberjar"),
        ("lein do clean, uberjar", "bundle lein uberjar"),
        ("lein deps", "fetch lein deps"),
        ("lein test", "execute lein test"),
        ("clojure -T:build uber", "bundle clojure -T:build"),
        ("clojure -P", "fetch clojure"),
        ("clj -M:test", "execute clj"),
        ("ant dist", "bundle ant"),
        ("ant clean", "neutral ant"),
        ("javac -d out Main.java", "bundle javac"),
        ("javac -version", "neutral javac"),
        # .NET
        ("dotnet restore", "fetch dotnet restore"),
        ("dotnet publish -c Release", "bundle dotnet publish"),
        ("dotnet publish -a $TARGETARCH", "compile dotnet publish amd64 arm64"),
        ("dotnet publish -r linux-musl-x64", "compile dotnet publish amd64 amd64"),
        ("dotnet publish --self-contained", "compile dotnet publish amd64 amd64"),
        ("dotnet publish -r $RID", "compile dotnet publish ? ?"),
        ("dotnet test", "execute dotnet test"),
        # Rust
        ("cargo build --release", "compile cargo build amd64 amd64"),
        ("cargo +nightly build --target aarch64-unknown-linux-musl", "compile cargo build arm64 arm64"),
        ("cargo build --target x86_64-unknown-linux-gnu --target=aarch64-unknown-linux-gnu", "compile cargo build ? ?"),
        ("CARGO_BUILD_TARGET=$X cargo build", "compile cargo build ? ?"),
        ("cargo auditable build --release", "compile cargo auditable build amd64 amd64"),
        ("cargo leptos build --release", "compile cargo leptos build amd64 amd64"),
        ("cargo leptos watch", "execute cargo leptos watch"),
        ("cargo pgrx package --pg-config /x", "compile cargo pgrx package amd64 amd64"),
        ("cargo pgrx init", "execute cargo pgrx"),
        ("cargo package", "execute cargo package"),
        ("cargo auditable --version", "execute cargo auditable"),
        ("cargo chef prepare", "fetch cargo chef prepare"),
        ("cargo fetch", "fetch cargo fetch"),
        ("rustc --version", "none"),
        # C and C++
        ("gcc -O2 -o app main.c", "compile gcc amd64 amd64"),
        ("gcc -E main.c -o main.i", "execute gcc"),
        ("clang -fsyntax-only main.c", "execute clang"),
        ("aarch64-linux-gnu-gcc-12 -o app main.c", "compile aarch64-linux-gnu-gcc-12 arm64 arm64"),
        ("clang++ --target=aarch64-linux-gnu x.cc", "compile clang++ arm64 arm64"),
        ("cc --version", "neutral cc"),
        ("cmake -B build", "neutral cmake"),
        ("cmake --build build", "compile cmake --build ? ?"),
        ("./configure --prefix=/usr", "neutral configure"),
        ("cmake -B b && cmake --build b", "compile cmake --build ? ?"),
        ("./configure && make -j4", "compile make ? ?"),
        ("./configure && make check", "unknown make"),
        ("meson compile -C b", "compile meson compile ? ?"),
        ("ninja -C b", "compile ninja ? ?"),
        # Compilers for their own machine
        ("swift build -c release", "compile swift build amd64 amd64"),
        ("swift build --swift-sdk aarch64-swift-linux-musl", "compile swift build ? ?"),
        ("swift test", "execute swift test"),
        ("dart compile exe x.dart", "compile dart compile amd64 amd64"),
        ("dart compile js x.dart", "execute dart compile"),
        ("MIX_ENV=prod mix release", "compile mix release amd64 amd64"),
        ("mix do deps.get, compile, release", "compile mix release amd64 amd64"),
        ("mix deps.get", "execute mix deps.get"),
        ("rebar3 as prod release", "compile rebar3 release amd64 amd64"),
        ("rebar3 release --include-erts true", "compile rebar3 release amd64 amd64"),
        ("rebar3 as prod release --include-erts false", "bundle rebar3 release"),
        ("rebar3 as prod escriptize", "bundle rebar3 escriptize"),
        ("rebar3 ct", "execute rebar3 ct"),
        ("gleam export erlang-shipment", "bundle gleam export"),
        ("gleam deps download", "fetch gleam deps"),
        ("nim c -d:release -o:/out/app app.nim", "compile nim c amd64 amd64"),
        ("nim c --cpu:arm64 app.nim", "compile nim c ? ?"),
        ("odin build . -out:/out/app", "compile odin build amd64 amd64"),
        ("ghc -o x x.hs", "compile ghc amd64 amd64"),
        ("stack build", "compile stack build amd64 amd64"),
        # Zig, Deno, Bun
        ("zig build", "compile zig build amd64 amd64"),
        ("zig build -Dtarget=aarch64-linux-musl", "compile zig build arm64 arm64"),
        ("zig test x.zig", "execute zig test"),
        ("deno compile -o app main.ts", "compile deno compile amd64 amd64"),
        ("deno compile --target aarch64-unknown-linux-gnu main.ts", "compile deno compile arm64 arm64"),
        ("deno cache main.ts", "fetch deno cache"),
        ("deno task build", "bundle deno task"),
        ("deno test", "execute deno test"),
        ("bun build --compile x.ts", "compile bun build amd64 amd64"),
        ("bun build --compile --target=bun-linux-arm64-musl x.ts", "compile bun build arm64 arm64"),
        ("T=bun-linux-arm64; bun build --compile --target=$T x.ts", "compile bun build arm64 arm64"),
        ("bun build --compile --target=bun x.ts", "compile bun build amd64 amd64"),
        ("bun build --compile --target=$(a) x.ts", "compile bun build ? ?"),
        ("bun build --compile --compile-executable-path=/b x.ts", "compile bun build ? ?"),
        ("bun build x.ts", "bundle bun build"),
        # Python, Ruby, PHP
        ("pip install -r requirements.txt", "install pip install"),
        ("python3 -m pip install x", "install pip install"),
        ("pip install --platform manylinux2014_aarch64 --target d x", "fetch pip install"),
        ("pip download x", "download pip download"),
        ("uv sync --frozen", "install uv sync"),
        ("poetry run pytest", "execute poetry run"),
        ("pip cache purge", "neutral pip cache"),
        ("pyinstaller app.py", "compile pyinstaller amd64 amd64"),
        ("bundle install", "install bundle install"),
        ("bundle exec rake", "execute bundle exec"),
        ("gem install rails", "install gem install"),
        ("composer install --no-dev", "bundle composer install"),
        ("composer --version", "neutral composer"),
        ("docker-php-ext-install pdo", "install docker-php-ext-install"),
        # What releases Go programs
        ("goreleaser build --single-target", "compile goreleaser build amd64 amd64"),
        ("GOARCH=$TARGETARCH goreleaser build --single-target", "compile goreleaser build amd64 arm64"),
        ("goreleaser release", "compile goreleaser release ? ?"),
        ("goreleaser check", "neutral goreleaser check"),
        ("ko build ./x", "compile ko build ? ?"),
        # Static sites and code generators
        ("hugo --minify", "bundle hugo"),
        ("hugo version", "neutral hugo"),
        ("mkdocs build", "bundle mkdocs build"),
        ("mkdocs serve", "neutral mkdocs"),
        ("bundle exec jekyll build -d /out", "bundle jekyll build"),
        ("bundle exec jekyll doctor", "neutral jekyll"),
        ("python -m mkdocs build", "bundle mkdocs build"),
        ("poetry run sphinx-build docs out", "bundle sphinx-build"),
        ("python manage.py collectstatic", "unknown python manage.py"),
        # Options before a subcommand
        ("npm --prefix web ci", "install npm ci"),
        ("npm --prefix web run build", "bundle npm run build"),
        ("npm -w web run build", "bundle npm run build"),
        ("pnpm --filter web run build", "bundle pnpm run build"),
        ("pnpm -F web build", "bundle pnpm build"),
        ("pnpm -C web install --frozen-lockfile", "install pnpm install"),
        ("pnpm -r build", "bundle pnpm build"),
        ("yarn --cwd web build", "bundle yarn build"),
        ("yarn workspace web build", "bundle yarn build"),
        ("yarn --frozen-lockfile", "install yarn install"),
        ("bun --cwd web run build", "bundle bun run build"),
        ("go -C cmd/app build", "compile go build amd64 amd64"),
        ("go build -C cmd/app", "compile go build amd64 amd64"),
        ("cargo +nightly build", "compile cargo build amd64 amd64"),
        ("cargo --color never build", "compile cargo build amd64 amd64"),
        ("dotnet --info", "neutral dotnet"),
        ("dotnet --list-sdks", "neutral dotnet"),
        ("dotnet new web", "neutral dotnet new"),
        ("mvn -B -f pom.xml -s x.xml package", "bundle mvn package"),
        ("./gradlew -p app build", "bundle gradlew build"),
        ("composer -d app install", "bundle composer install"),
        ("uv --project app sync", "install uv sync"),
        ("poetry -C app install", "install poetry install"),
        # Flutter
        ("flutter build web --release", "bundle flutter build web"),
        ("flutter build linux", "compile flutter build linux amd64 amd64"),
        ("flutter pub get", "fetch flutter pub get"),
        ("flutter --version", "neutral flutter"),
        ("flutter test", "execute flutter test"),
        # Tools on binaries
        ("upx --best app", "neutral upx"),
        ("strip app", "neutral strip"),
        ("aarch64-linux-gnu-strip app", "neutral aarch64-linux-gnu-strip"),
        ("llvm-strip app", "neutral llvm-strip"),
        # What only its author knows
        ("make all", "unknown make"),
        ("./build.sh", "unknown build.sh"),
        ("bash -e scripts/build.sh", "unknown bash -e"),
        # What every image has
        ("apt-get install -y git", "install apt-get install"),
        ("curl -fsSL https://x", "download curl"),
        ("uname -m", "probe uname -m"),
        ("uname -s", "neutral uname"),
        ("dpkg --print-architecture", "probe dpkg --print-architecture"),
        ("dpkg -i x.deb", "neutral dpkg"),
        ("mkdir -p /x", "neutral mkdir"),
        ("frobnicate", "none"),
    ],
)
def test_effects_of_commands(command: str, described: str) -> None:
    use = last_use(command)
    words = ["none"] if use is None else [use.effect.value, use.title, *(it or "?" for it in use.architectures)]
    assert " ".join(words) == described


@every_case(
    "command, outputs",
    [
        ("go build -o /out/app .", ["/out/app"]),
        ("go build -o bin/ ./...", ["/src/bin/"]),
        ("cd cmd && go build -o=app", ["/src/cmd/app", "/src/app"]),
        ("go build ./cmd/app", ["/src/app"]),
        ("go build", ["/src/"]),
        ("go build -ldflags '-s' -tags x main.go", ["/src/main"]),
        ("cd / && go build ./cmd/app", ["/app", "/src/app"]),
        ("xcaddy build", ["/src/caddy"]),
        ("xcaddy build --output /c", ["/c"]),
        ("curl -fsSLo /t https://x/y", ["/t"]),
        ("curl -LO https://x/y", ["/src/y"]),
        ("curl -L https://x/y", []),
        ("wget -q -O t https://x/y", ["/src/t"]),
        ("wget https://x/y", ["/src/y"]),
        ("wget -qO- https://x/y", []),
        ("wget -qO/t https://x/y", ["/t"]),
        ("wget https://x/y -Ot", ["/src/t"]),
        ("wget https://x/y -O", ["/src/y"]),
        ("curl -fsSLo/t https://x/y", ["/t"]),
        ("curl -Hfoo -L https://x/y", []),
        ("pushd cmd && go build -o=app", ["/src/cmd/app", "/src/app"]),
        ("pushd -n cmd && go build -o=app", ["/src/app"]),
        ("dnf install --installroot /root -y x", ["/root"]),
        ("apk add x", []),
        ("go install example.com/x/cmd/tool/v2@latest", ["/go/bin/tool", "/root/go/bin/tool"]),
        ("GOBIN=/usr/bin go install ./tool", ["/usr/bin/tool"]),
        ("npm ci", ["/src/node_modules"]),
        ("npm install -g x", []),
        ("pip install --target=/deps x", ["/deps"]),
        ("pip install --user x", ["/root/.local"]),
        ("/venv/bin/pip install x", ["/usr/local/lib", "/usr/local/bin", "/venv"]),
        ("python -m venv /venv", ["/venv"]),
        ("uv sync", ["/src/.venv"]),
        ("bundle install", ["/usr/local/bundle", "/src/vendor/bundle"]),
        ("gcc -o /out/app x.c", ["/out/app"]),
        ("mix release", ["/src/_build"]),
        ("mix release --path /out", ["/out"]),
        ("swift build -c release", ["/src/.build"]),
        ("nim c -o:/out/app app.nim", ["/out/app"]),
        ("ldc2 -of=app app.d", ["/src/app"]),
        ("npx pkg . -o /out/app", ["/out/app"]),
        ("dotnet publish -r linux-x64 -o out", ["/src/out"]),
        ("deno compile --output /a x.ts", ["/a"]),
        ("bun build --compile --outfile a x.ts", ["/src/a"]),
        (
            "cargo build --target=armv7-unknown-linux-musleabihf",
            ["/src/target/release", "/src/target/armv7-unknown-linux-musleabihf"],
        ),
    ],
)
def test_outputs_of_commands(command: str, outputs: list[str]) -> None:
    use = last_use(command)
    assert use is not None
    assert [*use.outputs] == outputs


@every_case(
    "command, name, expected",
    [
        ("go build", "GOARCH", Reading.YES),
        ("go build", "TARGETARCH", Reading.NO),
        ("go generate", "TARGETARCH", Reading.MAYBE),
        ("go mod download", "GOARCH", Reading.NO),
        ("go mod download", "GOFLAGS", Reading.YES),
        ("swift build", "TARGETARCH", Reading.MAYBE),
        ("xx-go build", "TARGETPLATFORM", Reading.YES),
        # Scripts of packages, which no convention gives an argument of a build
        ("npm ci", "TARGETARCH", Reading.UNLIKELY),
        ("npm ci --ignore-scripts", "TARGETARCH", Reading.NO),
        ("pnpm fetch", "TARGETARCH", Reading.NO),
        ("pip install -r requirements.txt", "TARGETARCH", Reading.UNLIKELY),
        ("bundle install", "TARGETARCH", Reading.UNLIKELY),
        ("curl https://example.com/install | sh", "TARGETARCH", Reading.UNLIKELY),
        # Scripts, templates and build files of the project
        ("npm run build", "TARGETARCH", Reading.MAYBE),
        ("pnpm --filter web build", "TARGETARCH", Reading.MAYBE),
        ("npm test", "TARGETARCH", Reading.MAYBE),
        ("vite build", "TARGETARCH", Reading.MAYBE),
        ("tsc -p .", "TARGETARCH", Reading.NO),
        ("dotnet publish -c Release", "TARGETARCH", Reading.MAYBE),
        ("dotnet build", "TARGETARCH", Reading.MAYBE),
        ("dotnet restore", "TARGETARCH", Reading.UNLIKELY),
        ("dotnet --info", "TARGETARCH", Reading.NO),
        ("pip install .", "TARGETARCH", Reading.MAYBE),
        ("mvn package", "TARGETARCH", Reading.MAYBE),
        ("goreleaser build", "TARGETARCH", Reading.MAYBE),
        ("zig build", "TARGETARCH", Reading.MAYBE),
        ("mkdocs build", "TARGETARCH", Reading.MAYBE),
        ("hugo", "TARGETARCH", Reading.NO),
        ("hugo", "HUGO_ENV", Reading.YES),
        (". ./env.sh", "TARGETARCH", Reading.MAYBE),
        ("source scripts/env.sh", "TARGETARCH", Reading.MAYBE),
        (". /etc/os-release", "TARGETARCH", Reading.NO),
        (". /opt/venv/bin/activate", "TARGETARCH", Reading.NO),
        ("./build.sh", "TARGETARCH", Reading.MAYBE),
        ('sh "$SCRIPT"', "TARGETARCH", Reading.MAYBE),
        # What fills in variables, or prints them
        ("envsubst < a > b", "TARGETARCH", Reading.MAYBE),
        ("envsubst '$TARGETARCH $X' < a > b", "TARGETARCH", Reading.YES),
        ("envsubst '$X' < a > b", "TARGETARCH", Reading.NO),
        ("printenv TARGETARCH", "TARGETARCH", Reading.YES),
        ("printenv HOME", "TARGETARCH", Reading.NO),
        ("printenv", "TARGETARCH", Reading.MAYBE),
        ("env", "TARGETARCH", Reading.MAYBE),
        ("export -p", "TARGETARCH", Reading.MAYBE),
        ("awk '{ print ENVIRON[\"TARGETARCH\"] }' x", "TARGETARCH", Reading.YES),
        ("awk '{ print ENVIRON[\"HOME\"] }' x", "TARGETARCH", Reading.NO),
        ("awk '{ for (x in ENVIRON) print x }' x", "TARGETARCH", Reading.MAYBE),
        ("awk -f x.awk y", "TARGETARCH", Reading.MAYBE),
        ("awk '{ print $1 }' x", "TARGETARCH", Reading.NO),
        ("jq -n env", "TARGETARCH", Reading.MAYBE),
        ("jq -n env.TARGETARCH", "TARGETARCH", Reading.YES),
        ("jq -n '$ENV.HOME'", "TARGETARCH", Reading.NO),
        ("jq .version package.json", "TARGETARCH", Reading.NO),
        ("su app -c 'x'", "TARGETARCH", Reading.MAYBE),
        ("eval $CODE", "TARGETARCH", Reading.MAYBE),
        ("eval 'cd /x'", "TARGETARCH", Reading.NO),
        ("upx /x", "TARGETARCH", Reading.NO),
        ("cosign sign x", "COSIGN_PASSWORD", Reading.YES),
        ("make", "TARGETARCH", Reading.MAYBE),
        ("frobnicate", "TARGETARCH", Reading.MAYBE),
        ("apt-get update", "TARGETARCH", Reading.NO),
        ("cargo build", "CARGO_BUILD_TARGET", Reading.YES),
        ("cargo build", "TARGETARCH", Reading.MAYBE),
        ("cargo fetch", "TARGETARCH", Reading.NO),
    ],
)
def test_variables_that_commands_read(command: str, name: str, expected: Reading) -> None:
    assert reading(invocations(command)[-1], name) is expected


def stage_outputs(*runs: str) -> list[str]:
    """The final paths of the outputs of the first RUN."""
    text = "FROM --platform=$BUILDPLATFORM alpine\nWORKDIR /src\n" + "".join(f"RUN {it}\n" for it in runs)
    uses = context(text).build.inventory.stage_uses(0)
    return [*next(it for it in uses if it.effect in (Effect.COMPILE, Effect.DOWNLOAD)).outputs]


@every_case(
    "runs, outputs",
    [
        (["go build -o a . && cp a /b"], ["/src/a", "/b", "/b/a"]),
        (["go build -o a .", "mv a /b/"], ["/src/a", "/b/a"]),
        (["go build -o a .", "install -m 0755 -t /b a"], ["/src/a", "/b/a"]),
        (["go build -o out/ ./...", "cp -r out /b"], ["/src/out/", "/b/"]),
        (["go build -o a .", "cp x /b"], ["/src/a"]),
        (["go build -o a .", "cp a"], ["/src/a"]),
        (["cargo build --release && cp target/release/app /app"], ["/src/target/release", "/app/"]),
        (["cd / && cargo build --release"], ["/target/release", "/src/target/release"]),
        (["cargo install --root /o x"], ["/o/bin/"]),
        (["cargo install --root /o cargo-chef@0.1"], ["/o/bin/cargo-chef"]),
        (["cargo install --root /o --version 0.1 cargo-chef"], ["/o/bin/cargo-chef"]),
        (["cargo install --root /o x cargo-chef"], ["/o/bin/"]),
        (["./configure && make", "make install DESTDIR=/out"], ["/src", "/out"]),
        (["./configure --prefix=/opt/x && make && make install"], ["/src", "/opt/x", "/usr/local"]),
        (["cmake -B b && cmake --build b && cmake --install b --prefix /p"], ["/src/b", "/p"]),
        (["meson setup b --prefix=/opt/x && ninja -C b install"], ["/src/b", "/opt/x", "/usr/local"]),
        (["go build -o a .", "make install"], ["/src/a"]),
        (["go build -o a . && tar czf /a.tgz a"], ["/src/a", "/a.tgz"]),
        (["go build -o a . && tar -C /src --create -f /a.tar ./a"], ["/src/a", "/a.tar"]),
        (["go build -o a . && tar czf /a.tgz docs"], ["/src/a"]),
        (["curl -Lo a.tgz https://x && tar -C /t -xzf a.tgz"], ["/src/a.tgz", "/t"]),
        (["curl -L https://x | tar xz -C /t"], ["/t"]),
        (["curl -Lo a https://x && tar xf a"], ["/src/a", "/src"]),
        (["curl -Lo a https://x && tar xf other"], ["/src/a"]),
        (["wget https://x/a.zip", "unzip a.zip -d /z"], ["/src/a.zip", "/z"]),
    ],
)
def test_later_commands_move_outputs(runs: list[str], outputs: list[str]) -> None:
    assert stage_outputs(*runs) == outputs


@every_case(
    "run, architecture",
    [
        ("cmake -B b && cmake --build b", "amd64"),
        ("./configure --prefix=/usr && make -j4", "amd64"),
        ("meson setup b && ninja -C b", "amd64"),
        ("./configure --host=aarch64-linux-gnu && make", "arm64"),
        ("cmake -DCMAKE_TOOLCHAIN_FILE=x . && make", None),
        ("cmake $(xx-clang --print-cmake-defines) . && cmake --build .", None),
        ("./configure && CC=arm-gcc make", None),
        ("CC=arm-gcc ./configure && make", None),
        ("export CC=x && ./configure && make", None),
        ("cmake --build b", None),
    ],
)
def test_an_earlier_configuration_decides_on_the_target(run: str, architecture: str | None) -> None:
    uses = context(f"FROM --platform=$BUILDPLATFORM alpine\nRUN {run}\n").build.inventory.uses(1)
    assert uses[-1].architectures == (architecture, architecture)


def test_a_compiler_named_by_a_variable_is_recognised() -> None:
    text = "FROM golang\nARG GO=go\nENV TOOL=$GO\nRUN $TOOL build && ${GO} vet && $UNKNOWN build\n"
    uses = context(text).build.inventory.uses(3)
    assert [it.title for it in uses] == ["go build", "go vet"]


def test_a_preparation_in_the_base_stage_counts() -> None:
    text = "FROM x AS a\nRUN xx-go --wrap\nFROM a AS b\nARG TARGETARCH\nRUN go build\nFROM x\nRUN go build\n"
    assert [it.title for it in context(text, target_stage="b").build.inventory.uses(4)] == ["xx-go"]
    assert [it.title for it in context(text).build.inventory.uses(6)] == ["go build"]
