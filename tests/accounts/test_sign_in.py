"""Signing in: by the plain form, without telling who exists, slower after wrong passwords."""

from __future__ import annotations

from flask import Flask

from tests import make


def test_the_form_signs_in_and_leads_each_role_to_its_work(app: Flask, world: make.World) -> None:
    for login, home in (
        ("an", "/field/"),
        ("lin", "/evaluations"),
        ("pan", "/evaluations"),
        ("he", "/dashboard"),
        ("ding", "/account"),
    ):
        answer = app.test_client().post("/login", data={"username": login, "password": make.PASSWORD})
        assert (answer.status_code, answer.location) == (303, home)


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(app: Flask, world: make.World) -> None:
    wrong = app.test_client().post("/login", data={"username": "lin", "password": "nothing like it"})
    unknown = app.test_client().post("/login", data={"username": "nobody", "password": "nothing like it"})
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.text.replace('value="lin"', "") == unknown.text.replace('value="nobody"', "")


def test_after_five_wrong_passwords_the_next_try_has_to_wait(app: Flask, world: make.World) -> None:
    browser = app.test_client()
    for _ in range(5):
        browser.post("/login", data={"username": "lin", "password": "nothing like it"})
    answer = browser.post("/login", data={"username": "lin", "password": make.PASSWORD})
    assert answer.status_code == 429


def test_an_address_of_another_site_is_not_followed_after_sign_in(app: Flask, world: make.World) -> None:
    for evil in ("https://example.org/", "//example.org", "/\\example.org"):
        answer = app.test_client().post("/login", data={"username": "lin", "password": make.PASSWORD, "next": evil})
        assert answer.location == "/evaluations"


def test_signing_out_ends_the_session_at_the_server(app: Flask, world: make.World) -> None:
    browser = app.test_client()
    browser.post("/login", data={"username": "ding", "password": make.PASSWORD})
    kept = browser.get_cookie("xingping")
    browser.post("/logout")
    assert kept is not None
    thief = app.test_client()
    thief.set_cookie("xingping", kept.value)
    assert thief.get("/").location == "/login"


def test_a_form_of_another_site_is_refused(app: Flask, world: make.World) -> None:
    answer = app.test_client().post(
        "/login", data={"username": "lin", "password": make.PASSWORD}, headers={"Origin": "https://example.org"}
    )
    assert answer.status_code == 403
