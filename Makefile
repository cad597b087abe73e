# What each target needs on a bare Debian or Ubuntu with Swift, it installs itself: apt packages when missing, with sudo only when not root.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BUILD_PACKAGES := libssl-dev zlib1g-dev libyaml-dev pkg-config
TEST_PACKAGES  := openssl curl nginx-light libnginx-mod-stream haproxy python3 python3-venv espeak-ng sox ffmpeg chromium firefox-esr systemd
BENCH_PACKAGES := nginx-light haproxy openssl python3

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
VENV := .build/venv
PROMTOOL := .build/prometheus/usr/bin/promtool

# $(call need,packages): installs those that dpkg does not know as installed.
define need
	@missing=""; for p in $(1); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	  $(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

.PHONY: help build run test bench lint check clean deps-build deps-test

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

deps-build:
	$(call need,$(BUILD_PACKAGES))

deps-test: deps-build $(VENV)/ready $(PROMTOOL)
	$(call need,$(TEST_PACKAGES))

# Out of Debian's package, without installing it: its server would start, on a port that gateways like to have.
$(PROMTOOL):
	@echo "promtool: $@"
	@mkdir -p .build/prometheus && cd .build/prometheus && { apt-get download -qq prometheus 2>/dev/null \
	  || { $(SUDO) apt-get update -qq && apt-get download -qq prometheus; }; } \
	  && dpkg-deb -x prometheus_*.deb . && rm -rf prometheus_*.deb usr/bin/prometheus usr/share etc lib var

$(VENV)/ready: Tests/requirements.txt
	$(call need,python3 python3-venv)
	@echo "python clients: $(VENV)"
	@python3 -m venv $(VENV) && $(VENV)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

build: deps-build ## build the release binary, .build/release/voxgate
	swift build -c release --static-swift-stdlib --product voxgate

run: build ## build and serve upstreams.yaml on http://localhost:8080
	.build/release/voxgate serve --config upstreams.yaml

test: deps-test ## install what the tests need and run all of them
	swift build --build-tests
	swift test --skip-build

bench: deps-build ## relay beside nginx and HAProxy in one interleaved run
	$(call need,$(BENCH_PACKAGES))
	swift build -c release --static-swift-stdlib --product voxgate
	swift build -c release --package-path Benchmarks
	mkdir -p Benchmarks/.results
	Benchmarks/.build/release/parts --output Benchmarks/.results/parts.json
	python3 Benchmarks/relay.py --gateway .build/release/voxgate --plot Benchmarks/.results/relay.svg $(BENCH)

lint: ## check the format of every Swift file
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

check: build ## check every route table in the tree
	@for f in $$(git ls-files '*upstreams*.yaml'); do echo "check $$f"; .build/release/voxgate check $$f || exit 1; done

clean: ## remove what was built
	rm -rf .build Benchmarks/.build
