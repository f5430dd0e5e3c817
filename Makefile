# Foyer. `make run` to see it, `make test` before each commit, `make accept` before a change is handed over.
GO      ?= go
TOOL    := $(GO) tool -modfile=tools/go.mod
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TSC     := typescript@7.0.2

export FOYER_BINARY := $(CURDIR)/bin/foyer

GOFILES  = $(shell find . -name '*.go' -not -path './tmp/*')

# Packages whose tests also run under the race detector: those with goroutines of their own.
RACED := $(foreach p,static live media store replica cluster jobs handlers mail,$(if $(wildcard $(p)/*.go),./$(p)/...))

.PHONY: run test accept bench chaos load fuzz lint fmt formatted golden e2e build generate vendor
.DEFAULT_GOAL := build

build: ## the program, as it is shipped
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/foyer ./cmd/foyer

run: build ## a seeded server on http://localhost:8080, assets from disk, mails as files in data/mail
	@bin/foyer seed --data data
	bin/foyer serve --dev --data data --mail-dir data/mail

test: ## what CI runs first; the quick checks come first
	@scripts/chromium
	@scripts/fresh
	@$(MAKE) --no-print-directory formatted
	$(GO) vet ./...
	$(MAKE) --no-print-directory build
	$(GO) test -timeout 20m ./...
	scripts/fuzz 5

accept: build ## the slow and heavy checks: races, calls in Firefox, and invitations in other people's calendars
	@scripts/have gcc gcc libc6-dev
	CGO_ENABLED=1 $(GO) test -race -count=1 $(RACED)
	@scripts/chromium
	$(GO) vet -tags firefox ./e2e/firefox
	scripts/firefox $(GO) test -tags firefox -count=1 -timeout 5m ./e2e/firefox
	@scripts/calendars
	$(GO) vet -tags calendars ./e2e/calendars/...
	$(GO) test -tags calendars -count=1 -timeout 5m ./e2e/calendars

e2e: build ## browser tests alone; FOYER_SHOTS=folder keeps screenshots
	@scripts/chromium
	$(GO) test -count=1 ./e2e/...

bench load: build ## figures of the running program
	@scripts/figures $@

chaos: build ## every drill; one of them is `make chaos-mail`
	@scripts/figures chaos

chaos-%: build
	@scripts/figures $@

fuzz: ## every fuzz target for a minute, or SECONDS=n
	scripts/fuzz $(or $(SECONDS),60)

lint: ## go vet, staticcheck and, where Node is there, the types of the browser modules
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	@if command -v npx >/dev/null && ls static/js/*.js >/dev/null 2>&1; then \
	  npx --yes --package $(TSC) -- tsc -p static/js/jsconfig.json; fi

fmt:
	gofmt -w $(GOFILES)
	$(TOOL) templ fmt -v=false views

formatted:
	@unformatted=$$(gofmt -l $(GOFILES)); if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted" >&2; exit 1; fi

golden: ## writes the golden files anew; look at the difference before committing it
	FOYER_GOLDEN=write $(GO) test -count=1 $$($(GO) list ./... | grep -v /e2e)

generate: ## *_templ.go from *.templ
	@if ls views/*.templ >/dev/null 2>&1; then $(TOOL) templ generate -path views -log-level error; fi

vendor: ## htmx and axe again from npm, as static/vendor/VENDOR lists them
	scripts/vendor
