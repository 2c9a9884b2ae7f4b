"""Every date and time that can be spoken, against words made here by other rules than the catalogues' tables."""

from datetime import date, datetime, timedelta

import pytest

from kuager.catalogue import LANGUAGES, load_catalogue

FIRST, LAST = date(2024, 1, 1), date(2040, 12, 31)


def russian_ordinal(number: int, ending: str) -> str:
    """Stem and ending: `ending` is "ое" (neuter) or "ого" (genitive)."""
    tens = ["", "", "двадцат", "тридцат", "сороков"]
    ones = ["", "перв", "втор", "трет", "четвёрт", "пят", "шест", "седьм", "восьм", "девят"]
    teens = ["десят", "одиннадцат", "двенадцат", "тринадцат", "четырнадцат", "пятнадцат", "шестнадцат", "семнадцат",
             "восемнадцат", "девятнадцат"]  # fmt: skip
    if 10 <= number < 20:
        return teens[number - 10] + ending
    ten, one = divmod(number, 10)
    if one == 0:
        return tens[ten] + ending
    last = ones[one] + ({"ое": "ье", "ого": "ьего"}[ending] if one == 3 else ending)
    return f"{['', '', 'двадцать', 'тридцать'][ten]} {last}".strip()


def russian_count(number: int, feminine: bool, forms: tuple[str, str, str]) -> str:
    names = ("ноль", "одна" if feminine else "один", "две" if feminine else "два", "три", "четыре", "пять", "шесть",
             "семь", "восемь", "девять", "десять")  # fmt: skip
    if number <= 10:
        words = names[number]
    elif number < 20:
        stem = {11: "один", 12: "две", 14: "четыр"}.get(number, names[number - 10].removesuffix("ь"))
        words = stem + "надцать"
    else:
        ten = {2: "двадцать", 3: "тридцать", 4: "сорок", 5: "пятьдесят"}[number // 10]
        words = ten if number % 10 == 0 else f"{ten} {names[number % 10]}"
    if number in {1, 21, 31, 41, 51}:
        return f"{words} {forms[0]}"
    few = {tens + ones for tens in (0, 20, 30, 40, 50) for ones in (2, 3, 4)}
    return f"{words} {forms[1] if number in few else forms[2]}"


def russian(at: datetime) -> tuple[str, str]:
    months = """января февраля марта апреля мая июня
        июля августа сентября октября ноября декабря"""
    month = months.split()[at.month - 1]
    day = russian_ordinal(at.day, "ое")
    year = f"две тысячи {russian_ordinal(at.year - 2000, 'ого')} года"
    hour = russian_count(at.hour, False, ("час", "часа", "часов"))
    return f"{day} {month} {year}", f"{hour} {russian_count(at.minute, True, ('минута', 'минуты', 'минут'))}"


KAZAKH_ONES = ["бір", "екі", "үш", "төрт", "бес", "алты", "жеті", "сегіз", "тоғыз"]
KAZAKH_TENS = ["он", "жиырма", "отыз", "қырық", "елу"]


def kazakh_cardinal(number: int) -> str:
    if number == 0:
        return "нөл"
    words = []
    if number >= 10:
        words.append(KAZAKH_TENS[number // 10 - 1])
    if number % 10:
        words.append(KAZAKH_ONES[number % 10 - 1])
    return " ".join(words)


def kazakh_ordinal(number: int) -> str:
    """-ншы or -нші after a vowel, -ыншы or -інші after a consonant; -ыншы, -ншы follow back vowels."""
    if number in (20, 40):
        return {20: "жиырмасыншы", 40: "қырқыншы"}[number]  # the irregular ones
    word = kazakh_cardinal(number)
    if word.endswith("екі"):
        return word + "нші"
    back = [letter for letter in word if letter in "аоұыуәөүіеи"][-1] in "аоұыу"
    vowel_last = word[-1] in "аыіе"
    return word + ("ншы" if back else "нші") if vowel_last else word + ("ыншы" if back else "інші")


def kazakh(at: datetime) -> tuple[str, str]:
    months = """қаңтар ақпан наурыз сәуір мамыр маусым
        шілде тамыз қыркүйек қазан қараша желтоқсан"""
    year = f"екі мың {kazakh_ordinal(at.year - 2000)} жылғы"
    day = f"{kazakh_ordinal(at.day)} {months.split()[at.month - 1]}"
    return f"{year} {day}", f"{kazakh_cardinal(at.hour)} сағат {kazakh_cardinal(at.minute)} минут"


def english_cardinal(number: int) -> str:
    small = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    stems = {2: "twen", 3: "thir", 4: "four", 5: "fif", 6: "six", 7: "seven", 8: "eigh", 9: "nine"}
    if number <= 12:
        return small[number]
    if number < 20:
        return stems[number - 10] + "teen"
    ten = stems[number // 10].replace("four", "for") + "ty"
    return ten if number % 10 == 0 else f"{ten}-{small[number % 10]}"


def english_ordinal(number: int) -> str:
    word = english_cardinal(number)
    for plain, ordered in (("one", "first"), ("two", "second"), ("three", "third"), ("five", "fifth"),
                           ("twelve", "twelfth"), ("eight", "eighth"), ("nine", "ninth")):  # fmt: skip
        if word.endswith(plain):
            return word.removesuffix(plain) + ordered
    return word.removesuffix("y") + "ieth" if word.endswith("y") else word + "th"


def english(at: datetime) -> tuple[str, str]:
    def count(number: int, noun: str) -> str:
        return f"{english_cardinal(number)} {noun}{'' if number == 1 else 's'}"

    months = """January February March April May June
        July August September October November December"""
    month, year = months.split()[at.month - 1], english_cardinal(at.year - 2000)
    day = f"the {english_ordinal(at.day)} of {month} two thousand and {year}"
    return day, f"{count(at.hour, 'hour')} {count(at.minute, 'minute')}"


EXPECTED = {"ru": russian, "kk": kazakh, "en": english}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_day_from_2024_to_2040(language: str) -> None:
    catalogue = load_catalogue(language)
    for number in range((LAST - FIRST).days + 1):
        at = datetime.combine(FIRST + timedelta(days=number), datetime.min.time())
        day, time = EXPECTED[language](at)
        assert f"{time}, {day}." in catalogue.text("closing.time", now=at)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_minute_of_a_day(language: str) -> None:
    catalogue = load_catalogue(language)
    for number in range(24 * 60):
        at = datetime(2026, 11, 22) + timedelta(minutes=number)
        day, time = EXPECTED[language](at)
        assert f"{time}, {day}." in catalogue.text("closing.time", now=at)


BY_HAND = """
ru 2026-11-22T10:15 десять часов пятнадцать минут, двадцать второе ноября две тысячи двадцать шестого года
ru 2040-03-03T21:01 двадцать один час одна минута, третье марта две тысячи сорокового года
ru 2030-05-31T02:42 два часа сорок две минуты, тридцать первое мая две тысячи тридцатого года
ru 2033-08-13T00:00 ноль часов ноль минут, тринадцатое августа две тысячи тридцать третьего года
ru 2024-06-14T11:14 одиннадцать часов четырнадцать минут, четырнадцатое июня две тысячи двадцать четвёртого года
kk 2026-11-22T10:15 он сағат он бес минут, екі мың жиырма алтыншы жылғы жиырма екінші қараша
kk 2040-01-20T00:09 нөл сағат тоғыз минут, екі мың қырқыншы жылғы жиырмасыншы қаңтар
kk 2030-12-10T23:50 жиырма үш сағат елу минут, екі мың отызыншы жылғы оныншы желтоқсан
kk 2027-09-09T07:06 жеті сағат алты минут, екі мың жиырма жетінші жылғы тоғызыншы қыркүйек
en 2026-11-22T10:15 ten hours fifteen minutes, the twenty-second of November two thousand and twenty-six
en 2040-02-12T01:01 one hour one minute, the twelfth of February two thousand and forty
en 2025-07-30T20:40 twenty hours forty minutes, the thirtieth of July two thousand and twenty-five
"""


@pytest.mark.parametrize("line", BY_HAND.strip().splitlines())
def test_words_written_by_hand(line: str) -> None:
    language, at, words = line.split(" ", 2)
    assert f"{words}." in load_catalogue(language).text("closing.time", now=datetime.fromisoformat(at))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("year", [1, 1970, 2000, 2023, 2041, 9999])
def test_a_year_outside_the_table_is_called_unknown(language: str, year: int) -> None:
    catalogue = load_catalogue(language)
    unknown = {"ru": "неизвестного года", "kk": "белгісіз жылғы", "en": "of an unknown year"}[language]
    assert unknown in catalogue.text("closing.time", now=datetime(year, 1, 1))
