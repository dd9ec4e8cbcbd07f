"""Take pictures of screens at 1440×900 and 390×844, light and dark.

    npm run dev &
    ../.venv/bin/python tools/look.py --out /tmp/look /gallery "/gallery?show=parts"

With ``--answers FOLDER`` the API is not asked: ``GET /api/me`` is answered from ``FOLDER/me.json``,
``GET /api/users/7/phones`` from ``FOLDER/users_7_phones.json`` and everything else with 404. With ``--sign-in EMAIL:PASSWORD``
the real one is, as that user. ``--press "?"`` presses keys before the picture is taken (several: ``--press Tab --press m``),
``--axe`` also lists what axe finds serious.
"""

import argparse
import json
import re
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
AXE = Path(__file__).parent.parent / "node_modules/axe-core/axe.min.js"


def answer_from(folder: Path, route: Route) -> None:
    """Answer a request from the file named after its path, or with 404."""
    name = re.sub(r"[/]+", "_", route.request.url.split("/api/", 1)[1].split("?")[0])
    file = folder / f"{name}.json"
    if route.request.method != "GET":
        route.fulfill(status=204)
    elif not file.exists():
        route.fulfill(
            status=401 if name == "me" else 404,
            content_type="application/problem+json",
            body=json.dumps(
                {"type": "", "title": "Not found", "status": 404, "detail": f"No {file.name}.", "code": "not_found"}
            ),
        )
    else:
        route.fulfill(content_type="application/json", body=file.read_text())


def serious(page: Page) -> list[str]:
    """Return what axe finds serious or critical on the page."""
    page.evaluate(AXE.read_text())  # not a script tag: the page forbids inline scripts
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((r) => r.violations)")
    return [
        f"{each['impact']}: {each['id']}: {each['help']}: {each['nodes'][0]['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--base", default="http://127.0.0.1:5173")
    parser.add_argument("--out", type=Path, default=Path("look"))
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--sign-in")
    parser.add_argument("--press", action="append", default=[])
    parser.add_argument("--click", action="append", default=[], help="CSS selector to click first")
    parser.add_argument("--only", choices=["wide-light", "wide-dark", "narrow-light", "narrow-dark"], action="append")
    parser.add_argument("--axe", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for size, (width, height) in SIZES.items():
            for scheme in ("light", "dark"):
                if options.only and f"{size}-{scheme}" not in options.only:
                    continue
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale="en-GB",
                    has_touch=size == "narrow",
                    reduced_motion="reduce",
                )
                if options.answers:
                    context.route(
                        re.compile(r"^https?://[^/]+/api/"), lambda route: answer_from(options.answers, route)
                    )
                page = context.new_page()
                page.on("pageerror", lambda error: print(f"page error: {error}"))
                page.on("console", lambda line: print(f"console: {line.text}") if line.type == "error" else None)
                if options.sign_in:
                    email, password = options.sign_in.split(":", 1)
                    page.request.post(f"{options.base}/api/sign-in", data={"email": email, "password": password})
                for path in options.paths:
                    page.goto(options.base + path)
                    page.wait_for_load_state("networkidle") if options.answers else page.wait_for_timeout(1500)
                    page.wait_for_timeout(500)
                    for selector in options.click:
                        page.locator(selector).first.click()
                        page.wait_for_timeout(300)
                    for key in options.press:
                        page.keyboard.press(key)
                        page.wait_for_timeout(300)
                    name = re.sub(r"\W+", "-", path).strip("-") or "start"
                    page.screenshot(path=options.out / f"{name}-{size}-{scheme}.png")
                    if options.axe:
                        for line in serious(page):
                            print(f"{path} {size} {scheme}: {line}")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
