"""A page of another site can't make a signed-in browser do anything."""

import pytest

from sideline.people.sign_in.authentication import CSRF_COOKIE
from tests.support.people import Api, make_user

PASSWORD = "correct horse battery"


async def choose(browser, **headers: str):
    return await browser.post("/api/presence", json={"status": "not_ready"}, headers=headers)


async def test_a_change_needs_the_token_of_this_sign_in(api: Api):
    user, browser = await api.make_and_sign_in("agent")
    other = await api.sign_in(user)
    token = browser.cookies[CSRF_COOKIE]
    foreign = other.cookies[CSRF_COOKIE]
    refused = [await choose(browser, **{"X-CSRF-Token": sent}) for sent in ("", "x", foreign, token + "x", token[:-1])]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(403, "csrf")}
    assert (await browser.get("/api/me")).json()["presence"]["status"] == "available"
    assert (await choose(browser, **{"X-CSRF-Token": token})).status_code == 200


async def test_a_cookie_and_header_that_agree_are_not_enough(api: Api):
    _, browser = await api.make_and_sign_in("agent")
    browser.cookies.delete(CSRF_COOKIE)
    browser.cookies.set(CSRF_COOKIE, "planted", domain="sideline.test", path="/")
    assert (await choose(browser, **{"X-CSRF-Token": "planted"})).json()["code"] == "csrf"


async def test_reading_needs_no_token(api: Api):
    _, browser = await api.make_and_sign_in("agent")
    assert (await browser.get("/api/me", headers={"X-CSRF-Token": ""})).status_code == 200


async def test_a_customer_s_page_in_a_browser_that_is_signed_in_needs_no_token(api: Api):
    _, browser = await api.make_and_sign_in("agent")
    answer = await browser.post("/api/customer/calls", json={}, headers={"X-CSRF-Token": ""})
    assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_cannot_sign_a_visitor_in_as_somebody_else(api: Api, site: str):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    body = {"email": user.email, "password": PASSWORD}
    answer = await browser.post("/api/sign-in", json=body, headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert "set-cookie" not in answer.headers


async def test_a_form_of_another_site_cannot_sign_in_either(api: Api):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    body = f'{{"email": "{user.email}", "password": "{PASSWORD}"}}'
    answer = await browser.post("/api/sign-in", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
    assert "set-cookie" not in answer.headers
