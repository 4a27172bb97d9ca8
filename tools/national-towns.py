#!/usr/bin/env python3
"""Makes crates/address/data/nation.tsv.gz: the towns (大字・丁目) of the whole country, for municipalities whose registry
is not carried. Facts only: names, numbers of 丁目, postal codes.

    pip download --no-deps japanese-addresses==0.0.3 && unzip -o japanese_addresses-0.0.3-*.whl
    tools/national-towns.py japanese_addresses/prefecture2city2street.pkl FOLDER_OF_THE_POSTAL_DATA

Sources: that package (Geolonia 住所データ of 2020, after 国土交通省 位置参照情報), and postal_japan_2026_10.csv.gz. Where both
know a town, 位置参照情報 gives the name and 丁目, the post office ヶ or ケ, the postal code and the flags."""
import collections
import csv
import gzip
import pathlib
import pickle
import re
import sys

ADDRESS = pathlib.Path(__file__).parent.parent / "crates/address"
# Names of municipalities as the two sources write them, and the cities whose 区 were rearranged since.
WRITTEN = {
    "東津軽郡外ケ浜町": "東津軽郡外ヶ浜町",
    "鎌ヶ谷市": "鎌ケ谷市",
    "袖ヶ浦市": "袖ケ浦市",
    "龍ヶ崎市": "龍ケ崎市",
    "三宅村": "三宅島三宅村",
    "八丈町": "八丈島八丈町",
    "犬上郡大字多賀町": "犬上郡多賀町",
    "糟屋郡須恵町": "糟屋郡須惠町",
}
REARRANGED = {"浜松市": ["浜松市中央区", "浜松市浜名区", "浜松市天竜区"]}
DIGITS = "〇一二三四五六七八九"
DIGIT = f"[{DIGITS}]"


class NamesOnly(pickle.Unpickler):
    """The file is dictionaries and sets of texts; nothing else in it may run."""

    def find_class(self, module, name):
        if (module, name) == ("builtins", "set"):
            return set
        raise pickle.UnpicklingError(f"{module}.{name}")


def kanji(number):
    text = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit > 1 or digit == 1 == unit:
            text += DIGITS[digit]
        if digit:
            text += name
    return text


def number(text):
    total, digit = 0, None
    for letter in text:
        if letter in DIGITS:
            digit = DIGITS.index(letter)
        else:
            total += (1 if digit is None else digit) * {"十": 10, "百": 100}[letter]
            digit = None
    return total + (digit or 0)


def forms():
    source = (ADDRESS / "src/variant.rs").read_text()
    words = re.search(r'const FORMS: &str = "\\\n(.*?)";', source, re.S)[1].replace("\\\n", " ").split()
    return {form: word[0] for word in words for form in word[1:]} | dict(zip("ヶッ之がの", "ケツノケノ"))


FORMS = forms()


def key(name):
    return "".join(FORMS.get(letter, letter) for letter in re.sub("^(大字|字)", "", name))


def postal_towns(path):
    """jisx0402 by place, and the rows of each town by jisx0402."""
    codes, towns = {}, collections.defaultdict(lambda: collections.defaultdict(list))
    for row in csv.DictReader(gzip.open(path, "rt")):
        codes[row["prefecture"], row["city"]] = row["jisx0402"]
        # Floors of a tower are no town.
        if not row["town"] or "階" in row["note"] or re.search("[（）「」、]", row["town"]):
            continue
        name = re.sub("[0-9０-９]+", lambda found: kanji(int(found[0])), row["town"])
        towns[row["jisx0402"]][name].append(row)
    return codes, towns


def ranges(numbers):
    text, numbers = [], sorted(numbers)
    while numbers:
        last = next((a for a, b in zip(numbers, numbers[1:]) if b != a + 1), numbers[-1])
        text.append(str(last) if last == numbers[0] else f"{numbers[0]}-{last}")
        numbers = numbers[numbers.index(last) + 1 :]
    return ",".join(text)


def national_towns(streets, codes, postal):
    """For each place and town: numbers of 丁目, the word for them, whether it is a town without 丁目, too."""
    towns = {}
    keys = {code: {key(name): name for name in names} for code, names in postal.items()}
    for prefecture, cities in streets.items():
        for city, names in cities.items():
            city = WRITTEN.get(city, city)
            for name in sorted(name.replace("\u3000", "") for name in names):
                parts = re.fullmatch(f"(.+?)((?={DIGIT}|[十百])(?:{DIGIT}?百)?(?:{DIGIT}?十)?{DIGIT}?)(丁目|丁)", name)
                base = parts[1] if parts else name
                code = codes.get((prefecture, city))
                if code is None:
                    new = [codes[prefecture, ward] for ward in REARRANGED[city[: city.index("市") + 1]]]
                    having = [code for code in new if key(base) in keys[code]]
                    if len(having) != 1:
                        continue
                    code = having[0]
                town = towns.setdefault((code, base), {"chome": set(), "word": "", "bare": False})
                if parts:
                    town["chome"].add(number(parts[2]))
                    town["word"] = parts[3]
                else:
                    town["bare"] = True
    return towns, keys


def main():
    pickled, folder = map(pathlib.Path, sys.argv[1:])
    streets = NamesOnly(pickled.open("rb")).load()
    codes, postal = postal_towns(folder / "postal_japan_2026_10.csv.gz")
    towns, keys = national_towns(streets, codes, postal)
    rows, used = [], set()
    for (code, name), town in towns.items():
        of_post = keys.get(code, {}).get(key(name))
        if of_post:
            used.add((code, of_post))
            word = re.match("(大字|字)?", name)[0]
            if name.replace("ヶ", "ケ") == (word + of_post).replace("ヶ", "ケ"):
                name = word + of_post
        rows.append((code, name, town, postal[code][of_post] if of_post else []))
    for code, names in postal.items():
        for name, of_post in names.items():
            if (code, name) not in used:
                rows.append((code, name, {"chome": set(), "word": "", "bare": True}, of_post))
    lines, last = ["jisx0402\ttown\tchome\tflags\tpostal_code"], None
    for code, name, town, of_post in sorted(rows, key=lambda row: row[:2]):
        chome = ("丁" if town["word"] == "丁" else "") + ranges(town["chome"])
        flags = "b" if town["bare"] else ""
        flags += "k" if any(row["koazabanchi"] == "1" for row in of_post) else ""
        flags += "c" if any(row["chome"] == "1" for row in of_post) else ""
        postal_codes = {row["postal_code"] for row in of_post}
        only = postal_codes.pop() if len(postal_codes) == 1 else ""
        lines.append("\t".join(["" if code == last else code, name, chome, flags, only]))
        last = code
    text = "\n".join(lines) + "\n"
    with (ADDRESS / "data/nation.tsv.gz").open("wb") as file:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            packed.write(text.encode())
    print(f"nation.tsv.gz: {len(lines) - 1} towns")


main()
