#!/usr/bin/env python3
"""Stands for `az` and for `azd`, by the name it is called: it hands out a token of the sandbox's, and refuses what they would refuse.

Sources: https://learn.microsoft.com/cli/azure/account#az-account-get-access-token,
https://learn.microsoft.com/azure/developer/azure-developer-cli/reference#azd-auth-token
"""
import json, os, sys, time, urllib.parse, urllib.request

IS_AZD = os.path.basename(sys.argv[0]) == "azd"
COMMAND = ["auth", "token"] if IS_AZD else ["account", "get-access-token"]
TENANT = "--tenant-id" if IS_AZD else "--tenant"
WITH_VALUE = {"-o", "--output", "--scope", TENANT} | (set() if IS_AZD else {"--subscription", "--query", "--resource"})
SWITCHES = {"--no-prompt", "--debug"} if IS_AZD else {"--only-show-errors", "--debug"}


def refuse(message, code):
    if IS_AZD:
        message = json.dumps({"type": "consoleMessage", "timestamp": "2026-01-01T00:00:00Z", "data": {"message": message}})
    sys.exit(print(message, file=sys.stderr) or code)


if sys.argv[1:3] != COMMAND:
    refuse(f"ERROR: {sys.argv[1:3]} is misspelled or not recognized by the system.", 2)
given, rest = {}, sys.argv[3:]
while rest:
    name = rest.pop(0)
    if name in SWITCHES:
        continue
    if name not in WITH_VALUE or not rest:
        refuse(f"ERROR: unknown flag: {name}" if IS_AZD else f"ERROR: unrecognized arguments: {name}", 2)
    given[name] = rest.pop(0)
if given.get("-o", given.get("--output")) != "json":
    refuse("ERROR: the answer is not asked for as JSON.", 2)
if TENANT in given and "--subscription" in given:
    refuse("ERROR: Please specify only one of subscription and tenant, not both", 1)
if given.get(TENANT, os.environ["SANDBOX_TENANT"]) != os.environ["SANDBOX_TENANT"]:
    refuse("ERROR: AADSTS90002: Tenant not found.", 1)
if not os.environ["SANDBOX_SECRET"]:
    refuse(
        "ERROR: not logged in, run `azd auth login` to login" if IS_AZD else "ERROR: Please run 'az login' to setup account.", 1
    )

form = {
    "grant_type": "client_credentials",
    "client_id": os.environ["SANDBOX_CLIENT"],
    "client_secret": os.environ["SANDBOX_SECRET"],
    "scope": given["--scope"],
}
url = f"https://login.microsoftonline.com/{os.environ['SANDBOX_TENANT']}/oauth2/v2.0/token"
answer = json.load(urllib.request.urlopen(url, urllib.parse.urlencode(form).encode()))
expires = time.time() + 3600
if IS_AZD:
    print(json.dumps({"token": answer["access_token"], "expiresOn": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))}))
else:
    print(json.dumps({
        "accessToken": answer["access_token"],
        "expiresOn": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(expires)),
        "expires_on": int(expires),
        "subscription": "50b50000-0000-4000-8000-000000000001",
        "tenant": os.environ["SANDBOX_TENANT"],
        "tokenType": "Bearer",
    }))
