import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.urls import reverse

from accounts.mailbox import mail_by_id, newest_mails


@pytest.fixture
def folder(settings, tmp_path):
    settings.MAIL_DIR = settings.EMAIL_FILE_PATH = tmp_path
    settings.LOOMPRINT_LOCAL = True
    return tmp_path


def _send(*messages: EmailMessage) -> None:
    get_connection("django.core.mail.backends.filebased.EmailBackend").send_messages(list(messages))


def test_mails_are_read_newest_first_with_every_one_of_a_connection(folder):
    _send(
        EmailMessage("First", "one", to=["a@example.org"]),
        EmailMessage("Second", "two", to=["b@example.org"]),
    )
    _send(EmailMessage("Third “–” ß", "drei: äöü", to=["c@example.org"]))
    mails = newest_mails()
    assert [mail.subject for mail in mails] == ["Third “–” ß", "Second", "First"]
    assert [mail.to for mail in mails] == ["c@example.org", "b@example.org", "a@example.org"]
    assert mails[0].text.strip() == "drei: äöü"
    assert mail_by_id(mails[1].id) == mails[1]


def test_the_plain_part_of_a_mail_is_shown(folder):
    message = EmailMultiAlternatives("Both", "plain words", to=["a@example.org"])
    message.attach_alternative("<p>rich words</p>", "text/html")
    _send(message)
    assert newest_mails()[0].text.strip() == "plain words"


@pytest.mark.parametrize("name", ["../secret", "20260101-000000-1.0", "20260101-000000-1.99", "x", "..", "%2e%2e"])
def test_an_id_that_names_no_mail_finds_none(folder, name):
    (folder.parent / "secret.log").write_text("Subject: no\n\nno\n" + "-" * 79 + "\n")
    assert mail_by_id(name) is None


def test_a_folder_that_does_not_exist_holds_no_mails(settings, tmp_path):
    settings.MAIL_DIR = tmp_path / "never"
    assert newest_mails() == []


@pytest.mark.django_db
def test_any_visitor_of_a_local_start_reads_a_mail_as_text(folder, client):
    _send(EmailMessage("Hello", "<script>alert(1)</script>", to=["a@example.org"]))
    assert "Hello" in client.get(reverse("mailbox:list")).content.decode()
    text = client.get(reverse("mailbox:message", args=[newest_mails()[0].id])).content.decode()
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert(1)" not in text


@pytest.mark.django_db
def test_elsewhere_there_is_no_mailbox(folder, client, settings):
    _send(EmailMessage("Hello", "secret", to=["a@example.org"]))
    address = reverse("mailbox:message", args=[newest_mails()[0].id])
    settings.LOOMPRINT_LOCAL = False
    assert client.get(reverse("mailbox:list")).status_code == 404
    assert client.get(address).status_code == 404
