"""Write the quickstart's data: `quiz.jsonl` (questions) and `quiz_shots.jsonl` (worked examples for prompts).

Run `python examples/make_quiz.py` to make both files again beside this script, or name another folder.
Nothing but the tables below and one fixed seed goes in, and chance is a hash rather than `random`, whose
draws may change between Python versions: each run, on any machine, writes the same bytes.

Three kinds of question:

- numbers: a number in words, to be written in digits;
- capitals: countries whose capital is one city, agreed on, and not the country's own name. Left out are
  countries with several capitals, one being moved or disputed, and cities that are often spelled in two ways;
- opposites: words with one usual opposite. A pair asks in both directions only if both have one answer.

A worked example is never a question, and for opposites shares no word with any question.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, TypeVar

SEED = 20
SHOTS = 8  # worked examples of each kind
# (lowest, highest, how many questions)
NUMBERS = ((21, 99, 20), (100, 999, 90), (1_000, 9_999, 80), (10_000, 99_999, 10))
MOST_OPPOSITES = 184  # so that no kind outweighs the others much

CAPITALS = """
Afghanistan: Kabul; Albania: Tirana; Algeria: Algiers; Andorra: Andorra la Vella; Angola: Luanda;
Argentina: Buenos Aires; Armenia: Yerevan; Australia: Canberra; Austria: Vienna; Azerbaijan: Baku;
the Bahamas: Nassau; Bahrain: Manama; Bangladesh: Dhaka; Barbados: Bridgetown; Belarus: Minsk;
Belgium: Brussels; Belize: Belmopan; Bhutan: Thimphu; Bosnia and Herzegovina: Sarajevo; Botswana: Gaborone;
Brunei: Bandar Seri Begawan; Bulgaria: Sofia; Burkina Faso: Ouagadougou; Cambodia: Phnom Penh;
Canada: Ottawa; Cape Verde: Praia; the Central African Republic: Bangui; Chad: N'Djamena; Chile: Santiago;
China: Beijing; Colombia: Bogota; the Comoros: Moroni; Croatia: Zagreb; Cuba: Havana; Cyprus: Nicosia;
the Czech Republic: Prague; the Democratic Republic of the Congo: Kinshasa; Denmark: Copenhagen;
Dominica: Roseau; the Dominican Republic: Santo Domingo; East Timor: Dili; Ecuador: Quito; Egypt: Cairo;
El Salvador: San Salvador; Eritrea: Asmara; Estonia: Tallinn; Ethiopia: Addis Ababa; Fiji: Suva;
Finland: Helsinki; France: Paris; Gabon: Libreville; the Gambia: Banjul; Georgia: Tbilisi; Germany: Berlin;
Ghana: Accra; Greece: Athens; Guatemala: Guatemala City; Guinea: Conakry; Guinea-Bissau: Bissau;
Guyana: Georgetown; Haiti: Port-au-Prince; Honduras: Tegucigalpa; Hungary: Budapest; Iceland: Reykjavik;
India: New Delhi; Iran: Tehran; Iraq: Baghdad; Ireland: Dublin; Italy: Rome; Jamaica: Kingston; Japan: Tokyo;
Jordan: Amman; Kazakhstan: Astana; Kenya: Nairobi; Kuwait: Kuwait City; Kyrgyzstan: Bishkek; Laos: Vientiane;
Latvia: Riga; Lebanon: Beirut; Lesotho: Maseru; Liberia: Monrovia; Libya: Tripoli; Liechtenstein: Vaduz;
Lithuania: Vilnius; Madagascar: Antananarivo; Malawi: Lilongwe; Mali: Bamako; Malta: Valletta;
the Marshall Islands: Majuro; Mauritania: Nouakchott; Mauritius: Port Louis; Mexico: Mexico City;
Micronesia: Palikir; Mongolia: Ulaanbaatar; Montenegro: Podgorica; Morocco: Rabat; Mozambique: Maputo;
Myanmar: Naypyidaw; Namibia: Windhoek; Nepal: Kathmandu; the Netherlands: Amsterdam; New Zealand: Wellington;
Nicaragua: Managua; Niger: Niamey; Nigeria: Abuja; North Korea: Pyongyang; North Macedonia: Skopje;
Norway: Oslo; Oman: Muscat; Pakistan: Islamabad; Palau: Ngerulmud; Panama: Panama City;
Papua New Guinea: Port Moresby; Peru: Lima; the Philippines: Manila; Poland: Warsaw;
Portugal: Lisbon; Qatar: Doha; the Republic of the Congo: Brazzaville; Romania: Bucharest; Russia: Moscow;
Rwanda: Kigali; Saint Kitts and Nevis: Basseterre; Saint Lucia: Castries;
Saint Vincent and the Grenadines: Kingstown; Samoa: Apia; Saudi Arabia: Riyadh; Senegal: Dakar;
Serbia: Belgrade; Seychelles: Victoria; Sierra Leone: Freetown; Slovakia: Bratislava; Slovenia: Ljubljana;
the Solomon Islands: Honiara; Somalia: Mogadishu; South Korea: Seoul; South Sudan: Juba; Spain: Madrid;
Sudan: Khartoum; Suriname: Paramaribo; Sweden: Stockholm; Syria: Damascus; Tajikistan: Dushanbe;
Thailand: Bangkok; Trinidad and Tobago: Port of Spain; Tunisia: Tunis; Turkey: Ankara;
Turkmenistan: Ashgabat; Tuvalu: Funafuti; Uganda: Kampala; the United Arab Emirates: Abu Dhabi;
the United Kingdom: London; Uruguay: Montevideo; Uzbekistan: Tashkent; Vanuatu: Port Vila;
Venezuela: Caracas; Vietnam: Hanoi; Zambia: Lusaka; Zimbabwe: Harare
"""

# `a/b` asks both ways, `a>b` only for the opposite of `a`.
OPPOSITES = """
hot/cold up/down in/out open/closed full/empty heavy>light north/south east/west above/below inside/outside
before/after always/never day/night summer/winter push/pull buy/sell win/lose love/hate life/death true/false
good/bad black/white wet/dry high/low long/short rich/poor young>old new>old thick/thin wide/narrow fast/slow
early/late loud>quiet happy/sad big>small easy>difficult strong/weak deep>shallow sweet>sour clean/dirty
safe/dangerous asleep/awake alive/dead guilty/innocent male/female husband/wife father/mother brother/sister
king/queen son/daughter boy/girl uncle/aunt nephew/niece prince/princess hero/villain friend/enemy
teacher>student buyer/seller winner/loser attack/defend accept/reject arrive/depart appear/disappear
agree/disagree connect/disconnect include/exclude increase/decrease maximum/minimum positive/negative
plus/minus multiply/divide import/export interior/exterior internal/external encourage/discourage
expand>contract ascend/descend forward/backward horizontal/vertical left>right upstairs/downstairs
victory/defeat success/failure peace/war heaven/hell optimist/pessimist optimistic/pessimistic
majority/minority superior/inferior senior/junior major/minor public/private ancient>modern
artificial>natural temporary>permanent rural/urban possible/impossible legal/illegal visible/invisible
regular/irregular correct/incorrect complete/incomplete perfect/imperfect polite>impolite mature>immature
moral>immoral mortal/immortal logical>illogical literate/illiterate relevant>irrelevant
responsible>irresponsible honest>dishonest obey>disobey lucky>unlucky known/unknown usual>unusual fair>unfair
kind>unkind lock/unlock pack>unpack healthy>unhealthy employed/unemployed conscious/unconscious
familiar/unfamiliar comfortable/uncomfortable necessary>unnecessary formal/informal direct/indirect
active/passive dependent>independent accurate>inaccurate advantage/disadvantage even>odd sunrise/sunset
dawn>dusk entrance>exit question>answer begin>end start>stop first/last more/less most/least many/few
laugh/cry remember/forget give>take send/receive raise/lower freeze>melt build>destroy
"""

ONES = """
- one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen
"""
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety"

Row: TypeAlias = dict[str, str]
T = TypeVar("T")


def shuffled(items: Iterable[T], purpose: str) -> list[T]:
    """Return the items in an order drawn by SEED and purpose; equal on every machine and Python version."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{SEED}/{purpose}/{item}".encode()).digest())


def words(number: int) -> str:
    """Write a number from 1 to 999,999 in English words, with "and" after the hundreds."""
    if number < 20:
        return ONES.split()[number]
    if number < 100:
        return TENS.split()[number // 10] + (f"-{words(number % 10)}" if number % 10 else "")
    if number < 1_000:
        rest = f" and {words(number % 100)}" if number % 100 else ""
        return f"{words(number // 100)} hundred{rest}"
    joint = " and " if number % 1_000 < 100 else " "
    rest = f"{joint}{words(number % 1_000)}" if number % 1_000 else ""
    return f"{words(number // 1_000)} thousand{rest}"


def row(kind: str, question: str, answer: str) -> Row:
    """Return one line of the data."""
    return {"question": question, "kind": kind, "answer": answer}


def numbers() -> tuple[list[Row], list[Row]]:
    """Draw from each range; return the questions, and worked examples that go through the ranges in turn."""
    spare = SHOTS // len(NUMBERS)
    questions: list[Row] = []
    shots: list[list[Row]] = []
    for lowest, highest, count in NUMBERS:
        drawn = shuffled(range(lowest, highest + 1), "numbers")[: count + spare]
        rows = [row("numbers", f"What is {words(number)} in digits?", str(number)) for number in drawn]
        questions += rows[:count]
        shots.append(rows[count:])
    return questions, [shot for turn in zip(*shots, strict=True) for shot in turn]


def capitals() -> tuple[list[Row], list[Row]]:
    """Return the questions and worked examples about countries."""
    entries = shuffled((entry.strip() for entry in CAPITALS.replace("\n", " ").split(";")), "capitals")
    rows = [
        row("capitals", f"What is the capital of {country}?", capital)
        for country, capital in (entry.split(": ") for entry in entries)
    ]
    return rows[SHOTS:], rows[:SHOTS]


def opposites() -> tuple[list[Row], list[Row]]:
    """Return the questions and worked examples about words; no word of an example is in a question."""
    pairs = shuffled(OPPOSITES.split(), "opposites")
    shots = [next(directions([pair])) for pair in pairs[:SHOTS]]
    shown = {word for shot in shots for word in shot}
    questions = [pair for pair in shuffled(directions(pairs[SHOTS:]), "opposites") if not shown & set(pair)]
    return [opposite(pair) for pair in questions[:MOST_OPPOSITES]], [opposite(pair) for pair in shots]


def directions(pairs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (word, opposite): both ways for `a/b`, one way for `a>b`."""
    for pair in pairs:
        one, other = pair.replace("/", ">").split(">")
        yield one, other
        if "/" in pair:
            yield other, one


def opposite(pair: tuple[str, str]) -> Row:
    """Ask for the second word of a pair."""
    return row("opposites", f'What is the opposite of "{pair[0]}"?', pair[1])


def make() -> tuple[list[Row], list[Row]]:
    """Return the questions, mixed and with their ids, and the worked examples, by kind, in prompt order."""
    parts = [numbers(), capitals(), opposites()]
    questions = shuffled((question for part, _ in parts for question in part), "quiz")
    quiz = [{"id": f"q{place:03}"} | question for place, question in enumerate(questions, start=1)]
    return quiz, [shot for _, shots in parts for shot in shots]


def lines(rows: Iterable[Row]) -> bytes:
    """Encode rows as JSON Lines: UTF-8, one object a line, a line end after each."""
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows).encode()


def main(folder: Path) -> None:
    """Write both files into `folder`."""
    quiz, shots = make()
    (folder / "quiz.jsonl").write_bytes(lines(quiz))
    (folder / "quiz_shots.jsonl").write_bytes(lines(shots))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
