"""Phones: a browser phone for everyone, one selected, others where a telephone system reaches them."""

from typing import Any

import httpx
import pytest

from tests.api.people.conftest import while_locked
from tests.support.people import Api, make_user

SIP = {"kind": "sip", "address": "sip:ana@pbx.example.org", "label": "Desk"}


async def phones(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await client.get("/api/phones")).json()


def with_telephones(api: Api, trunk: str = "") -> None:
    settings = api.app.state.settings
    api.app.state.settings = type(settings)(var=settings.var, demo=False, voice="asterisk", asterisk_trunk=trunk)


@pytest.mark.promise("V10")
async def test_everyone_has_a_browser_phone_that_is_selected_and_stays(api: Api):
    _, client = await api.make_and_sign_in("agent")
    (phone,) = await phones(client)
    assert (phone["kind"], phone["is_selected"], set(phone["abilities"])) == ("browser", True, {"change"})
    answer = await client.delete(f"/api/phones/{phone['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "browser_phone")
    again = await client.post("/api/phones", json={"kind": "browser", "address": ""})
    assert again.json()["fields"].keys() == {"kind"}


@pytest.mark.promise("V10")
async def test_exactly_one_phone_is_selected_whatever_happens_at_once(api: Api):
    with_telephones(api)
    user, client = await api.make_and_sign_in("agent")
    added = [(await client.post("/api/phones", json=SIP)).json()["id"] for _ in range(3)]
    answers = await while_locked(
        api.database,
        "SELECT 1 FROM users WHERE id = CAST(:user AS uuid) FOR UPDATE",
        *(client.post(f"/api/phones/{each}/select") for each in added),
        user=user.id,
    )
    assert {answer.status_code for answer in answers} == {200}
    assert [phone["is_selected"] for phone in await phones(client)].count(True) == 1
    me = (await client.get("/api/me")).json()
    assert me["phone"]["id"] in added


async def test_nobody_has_a_colleagues_desk_phone_as_their_own(api: Api):
    with_telephones(api)
    _, ana = await api.make_and_sign_in("agent")
    _, ben = await api.make_and_sign_in("agent")
    await ana.post("/api/phones", json=SIP)
    taken = await ben.post("/api/phones", json={**SIP, "address": "ANA@elsewhere.example.org"})
    assert taken.json()["fields"] == {
        "address": "Somebody else has this desk phone already: give the address of your own, or ask an administrator."
    }
    own = (await ben.post("/api/phones", json={**SIP, "address": "sip:ben@pbx.example.org"})).json()["id"]
    moved = await ben.patch(f"/api/phones/{own}", json={"address": SIP["address"]})
    assert moved.json()["fields"].keys() == {"address"}


@pytest.mark.parametrize("address", ["sip:trunk@pbx", "TRUNK@elsewhere.example.org"])
async def test_trunk_by_which_customers_come_is_nobodys_phone(api: Api, address: str):
    with_telephones(api, trunk="PJSIP/{number}@Trunk")
    user, client = await api.make_and_sign_in("agent")
    _, administrator = await api.make_and_sign_in("administrator")
    own = (await client.post("/api/phones", json=SIP)).json()["id"]
    answers = [
        await client.post("/api/phones", json={**SIP, "address": address}),
        await client.patch(f"/api/phones/{own}", json={"address": address}),
        await administrator.post(f"/api/users/{user.id}/phones", json={**SIP, "address": address}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["fields"]) == (
            422,
            {
                "address": "Calls from outside come by trunk, so it can't be anybody's own phone: "
                "give the address of your own."
            },
        )
    assert [phone["address"] for phone in await phones(client) if phone["kind"] == "sip"] == [SIP["address"]]


async def test_phone_named_like_a_trunk_is_taken_where_the_settings_name_none(api: Api):
    with_telephones(api)
    _, client = await api.make_and_sign_in("agent")
    assert (await client.post("/api/phones", json={**SIP, "address": "sip:trunk@pbx"})).status_code == 201


@pytest.mark.parametrize("address", ["sip:trunk/sip:10.0.0.1@pbx", "sip:1004&PJSIP/1005@pbx", "sip:10,04@pbx"])
async def test_a_sip_address_holds_nothing_that_dialling_gives_a_meaning_to(api: Api, address: str):
    with_telephones(api)
    _, client = await api.make_and_sign_in("agent")
    answer = await client.post("/api/phones", json={**SIP, "address": address})
    assert answer.json()["fields"].keys() == {"address"}


async def test_deleting_the_selected_phone_selects_the_browser(api: Api):
    with_telephones(api)
    _, client = await api.make_and_sign_in("agent")
    desk = (await client.post("/api/phones", json=SIP)).json()["id"]
    await client.post(f"/api/phones/{desk}/select")
    assert (await client.delete(f"/api/phones/{desk}")).status_code == 204
    assert [(phone["kind"], phone["is_selected"]) for phone in await phones(client)] == [("browser", True)]


async def test_a_phone_that_the_voice_engine_cannot_reach_is_kept_but_not_selected(api: Api):
    _, client = await api.make_and_sign_in("agent")
    desk = (await client.post("/api/phones", json=SIP)).json()
    assert desk["abilities"]["select"]["refusal"]["code"] == "phone_kind_unsupported"
    answer = await client.post(f"/api/phones/{desk['id']}/select")
    assert (answer.status_code, answer.json()["code"]) == (409, "phone_kind_unsupported")
    assert answer.json()["detail"] == desk["abilities"]["select"]["refusal"]["text"]


@pytest.mark.parametrize(
    ("kind", "address", "kept"),
    [
        ("number", "+351 (210) 000-000", "+351210000000"),
        ("number", "call me", None),
        ("number", "+", None),
        ("sip", "ana@pbx", "ana@pbx"),
        ("sip", "sip:ana", None),
        ("sip", "", None),
    ],
)
async def test_an_address_is_tidied_or_refused_beside_its_field(api: Api, kind: str, address: str, kept: str | None):
    _, client = await api.make_and_sign_in("agent")
    answer = await client.post("/api/phones", json={"kind": kind, "address": address})
    assert answer.json().get("address") == kept
    assert ("address" in answer.json().get("fields", {})) is (kept is None)


async def test_an_administrator_sets_up_somebody_s_desk_phone(api: Api):
    user, client = await api.make_and_sign_in("agent")
    _, admin = await api.make_and_sign_in("administrator")
    made = await admin.post(f"/api/users/{user.id}/phones", json=SIP)
    assert made.status_code == 201
    changed = await admin.patch(f"/api/phones/{made.json()['id']}", json={"label": "New desk", "auto_answer": True})
    assert (changed.json()["label"], changed.json()["auto_answer"]) == ("New desk", True)
    assert [phone["label"] for phone in await phones(client)] == ["Browser", "New desk"]


async def test_somebody_else_s_phone_is_not_there(api: Api):
    _, client = await api.make_and_sign_in("agent")
    other = await api.sign_in(await make_user(api.database, "agent"))
    (theirs,) = await phones(other)
    answers = [
        await client.patch(f"/api/phones/{theirs['id']}", json={"label": "Mine"}),
        await client.post(f"/api/phones/{theirs['id']}/select"),
        await client.delete(f"/api/phones/{theirs['id']}"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
