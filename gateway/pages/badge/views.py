"""The pages somebody at a door may see. Each is made of words, and of what was found."""

from dataclasses import dataclass
from string import Template
from urllib.parse import quote, urlencode
from uuid import UUID

from gateway.pages.badge.form import CHOICES, CONTACT_MOST, WORDS_MOST, Form
from gateway.pages.badge.html import NOTHING, Markup, fill, joined, put, style
from gateway.pages.badge.words import LANGUAGES, Words, sentences
from proto.field_visit import BadgeChecked

LINK = Template('<li><a href="$to" lang="$lang" hreflang="$lang"$here>$name</a></li>')
HERE = Markup(' aria-current="true"')
CHOICE = Template(
    '<label><input type="radio" name="what" value="$value" required$chosen> $says</label>'
)
CHOSEN, OPEN = Markup(" checked"), Markup(" open")
FAULT = Template('<p class="fault" role="alert">$says</p>')
NOT_SENT = Template("<h1>$says</h1>")
NUMBER = Template("<dd>$number</dd>")
PLAIN = Template("<p>$says</p>")


@dataclass(frozen=True)
class View:
    """Somebody's page: in their words, about the code they asked for, if they did.

    `shown` is the code as it is read out, `typed` as it stands in the address.
    """

    words: Words
    typed: str = ""
    shown: str = ""

    def address(self, language: str, more: str = "") -> str:
        path = f"/d/{quote(self.typed, safe='')}" if self.typed else "/d"
        return f"{path}{more}?{urlencode({'lang': language})}"

    def page(self, main: Markup, title: str = "title") -> str:
        """Return the whole page around its main part."""
        say, words = self.words.say, self.words
        return put(
            "page",
            lang=words.language,
            title=f"{say(title)} - {words.bank}",
            style=style(),
            first=say("first"),
            bank=words.bank,
            languages=say("languages"),
            links=joined(self.links()),
            main=main,
            nothing=say("nothing"),
            call=say("call"),
            tel=words.hotline.translate({ord(each): None for each in " ()-"}),
            hotline=words.hotline,
            where=say("where"),
            complaints=words.complaints,
        )

    def links(self) -> list[Markup]:
        return [
            fill(
                LINK,
                to=self.address(language),
                lang=language,
                here=HERE if language == self.words.language else NOTHING,
                name=sentences(language)["language"],
            )
            for language in LANGUAGES
        ]

    def ask(self, fault: str = "") -> str:
        """A form for whoever types the code."""
        return self.page(
            put(
                "ask",
                **self.entry(),
                **self.said("title", "ask", "no_code"),
                fault=self.fault(fault),
            )
        )

    def entry(self) -> dict[str, str]:
        """What the field for a code needs."""
        say = self.words.say
        return {
            "lang": self.words.language,
            "code_label": say("code"),
            "code": self.shown,
            "check": say("check"),
        }

    def said(self, *keys: str) -> dict[str, str]:
        return {key: self.words.say(key) for key in keys}

    def fault(self, key: str, **values: int) -> Markup:
        return fill(FAULT, says=self.words.say(key, **values)) if key else NOTHING

    def yes(self, found: BadgeChecked) -> str:
        """These two are mandated today."""
        say = self.words.say
        main = put(
            "yes",
            **self.said("mandated", "compare", "not_ours", "need_not"),
            bank_label=say("bank"),
            bank=self.words.bank,
            agency_label=say("agency"),
            agency=found.agency or "",
            numbers_label=say("numbers"),
            numbers=joined(fill(NUMBER, number=each) for each in found.staff_numbers),
            asked=say("asked", code=self.shown),
        )
        return self.page(joined((main, self.complain(Form()))), "mandated")

    def no(self, wait_s: int = 0) -> str:
        """The one page for a code that is unknown, dead, not yet good or no code."""
        slowed = fill(PLAIN, says=self.words.say("slowed", seconds=wait_s))
        main = put(
            "no",
            **self.entry(),
            **self.said("unconfirmed", "do_not", "mistyped"),
            more=slowed if wait_s else NOTHING,
        )
        return self.page(joined((main, self.complain(Form()))), "unconfirmed")

    def unknown(self, why: str, wait_s: int) -> str:
        """Nobody could look: `busy`, or `no_answer_says`."""
        main = put(
            "open",
            title=self.words.say("no_answer"),
            says=self.words.say(why, seconds=wait_s),
            again=self.address(self.words.language),
            retry=self.words.say("retry"),
        )
        return self.page(joined((main, self.complain(Form()))), "no_answer")

    def complain(self, form: Form, faults: Markup = NOTHING) -> Markup:
        """The form of a complaint, with what was written in it before."""
        say = self.words.say
        return put(
            "complain",
            **self.said("complain", "complain_says", "what", "send"),
            open=OPEN if faults else NOTHING,
            fault=faults,
            action=self.address(self.words.language, "/complaint"),
            key=str(form.key),
            choices=joined(self.choices(form.choice)),
            words_label=say("words"),
            words=form.words,
            words_most=str(WORDS_MOST),
            words_most_says=say("words_most", most=WORDS_MOST),
            contact_label=say("contact"),
            contact=form.contact,
            contact_most=str(CONTACT_MOST),
            contact_most_says=say("contact_most", most=CONTACT_MOST),
        )

    def choices(self, chosen: str) -> list[Markup]:
        return [
            fill(
                CHOICE,
                value=each,
                chosen=CHOSEN if each == chosen else NOTHING,
                says=self.words.say(each),
            )
            for each in CHOICES
        ]

    def refused(self, form: Form) -> str:
        """The form once more, with what is wrong with it."""
        most = {"words_too_long": WORDS_MOST, "contact_too_long": CONTACT_MOST}
        says = [self.words.say(each, most=most.get(each, 0)) for each in form.faults]
        return self.not_sent(form, " ".join(says))

    def later(self, form: Form, why: str, wait_s: int) -> str:
        """The form once more, to be sent again: `later`, or `too_many`."""
        return self.not_sent(form, self.words.say(why, seconds=wait_s))

    def not_sent(self, form: Form, says: str) -> str:
        heading = fill(NOT_SENT, says=self.words.say("not_sent"))
        complain = self.complain(form, fill(FAULT, says=says))
        return self.page(joined((heading, complain)), "not_sent")

    def taken(self, complaint_id: UUID) -> str:
        """The complaint is with the bank, under this number."""
        text = complaint_id.hex[:8].upper()
        main = put(
            "taken",
            **self.said("taken", "taken_number", "taken_in_full", "taken_says"),
            short=f"{text[:4]}-{text[4:]}",
            number=str(complaint_id),
        )
        return self.page(main, "taken")

    def unreadable(self) -> str:
        """What was sent is no form of ours."""
        main = put(
            "open",
            title=self.words.say("unreadable"),
            says=self.words.say("unreadable_says"),
            again=self.address(self.words.language),
            retry=self.words.say("again"),
        )
        return self.page(main, "unreadable")
