"""Signing in and out."""

from tests.support.people import Api, make_user

PASSWORD = "correct horse battery"


async def test_a_right_password_signs_in(api: Api):
    user = await make_user(api.database, "agent", password=PASSWORD)
    browser = await api.visitor()
    answer = await browser.post("/api/sign-in", json={"email": user.email.upper(), "password": PASSWORD})
    assert answer.status_code == 204, answer.text
    out = await browser.post("/api/sign-out")
    assert out.status_code == 204, out.text
    again = await browser.post("/api/sign-out")
    assert again.json()["code"] == "not_signed_in"
