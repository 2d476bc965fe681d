"""Valid associations of every type, made from the table of what pipelines read, and changes of them."""

from __future__ import annotations

import random

from asntools.jwst.levels import LEVELS, PIPELINES, is_read

SLITLESS = ("sourcecat", "segmap", "direct_image")
EXTENSIONS = {"sourcecat": "ecsv"}


class Sample:
    """A valid association, by default of a random type, and the file that it is in."""

    def __init__(self, seed, asn_type=None):
        self.chance = random.Random(seed)
        self.asn_type = asn_type or self.chance.choice(list(PIPELINES))
        self.pipeline = PIPELINES[self.asn_type]
        self.slitless = self.asn_type == "spec2" and self.chance.random() < 0.4
        self.file_name = "mine_asn.json"
        self._files = 0
        count = 1 if self.pipeline.stage == 3 and self.asn_type != "wfs-image3" else self.chance.randint(1, 3)
        self.asn = {
            "asn_type": self.asn_type,
            "asn_rule": "Asn_Lv2WFSSNIS" if self.slitless else f"Asn_Lv{self.pipeline.stage}Mine",
            "version_id": None,
            "code_version": "1",
            "degraded_status": "none",
            "program": "01234",
            "constraints": "none",
            "asn_id": "o001",
            "asn_pool": "none",
            "target": "t001",
            "products": [self.product(number) for number in range(count)],
        }

    def product(self, number):
        roles = ["science"]
        if self.pipeline.stage == 3:
            roles *= 2 if self.asn_type == "wfs-image3" else self.chance.randint(1, 5)
        for role in self.pipeline.reads:
            if role in SLITLESS:
                roles += [role] * self.slitless
            elif role == "psf" or (role != "science" and self.chance.random() < 0.5):
                roles += [role] * self.chance.randint(1, 2)
        return {"name": f"mine{number}", "members": [self.member(role) for role in roles]}

    def member(self, role):
        self._files += 1
        level = self.chance.choice(self.pipeline.reads[role])
        name = f"jw01234001001_02101_{self._files:05d}_nis_{level}.{EXTENSIONS.get(role, 'fits')}"
        return {"expname": name, "exptype": role, "exposerr": None}

    @property
    def any_product(self):
        return self.chance.choice(self.asn["products"])

    def any_member(self, *roles):
        product = self.asn["products"][0] if roles == ("first",) else self.any_product
        wanted = [one for one in product["members"] if one["exptype"] in (roles or self.pipeline.reads)]
        return self.chance.choice(wanted) if wanted else None

    def science_of(self, product):
        return [one for one in product["members"] if one["exptype"] == "science"]


def unread_level(sample):
    member = sample.any_member()
    wrong = [one for one in sorted(LEVELS) if not is_read(one, sample.pipeline.reads[member["exptype"]])]
    root, _, rest = member["expname"].rpartition("_")
    member["expname"] = f"{root}_{sample.chance.choice(wrong)}.{rest.partition('.')[2]}"
    if sample.chance.random() < 0.2:
        member["expname"] += ".gz"


def without_keyword(sample):
    if not sample.pipeline.keywords:
        return False
    del sample.asn[sample.chance.choice(sample.pipeline.keywords)]
    return True


def misspelt_keyword(sample):
    where = sample.chance.choice([sample.asn, sample.any_product, sample.any_member()])
    key = sample.chance.choice([one for one in where if len(one) > 5])
    place = sample.chance.randrange(len(key) - 1)
    wrong = sample.chance.choice(
        [
            key[:place] + key[place + 1 :],
            key[:place] + key[place + 1] + key[place] + key[place + 2 :],
            key.title(),
        ]
    )
    if wrong == key:
        return False
    where[wrong] = where.pop(key)
    return True


def wrong_type(sample):
    where = sample.chance.choice([sample.asn, sample.any_product, sample.any_member()])
    key = sample.chance.choice([one for one in where if one not in ("constraints",)])
    where[key] = sample.chance.choice([True, 7, 1.5, {"a": 1}])


def empty_list(sample):
    where, key = sample.chance.choice([(sample.asn, "products"), (sample.any_product, "members")])
    where[key] = []


def without_key(sample):
    sample.any_member().pop(sample.chance.choice(["expname", "exptype"]))


def without_members(sample):
    del sample.any_product["members"]


def without_name(sample):
    sample.any_product.pop("name")


def bad_product_name(sample):
    name = sample.any_product["name"]
    bad = ["..", "../x", "../../evil", "/x", " ", "x\n", "x\0y", "x\r", "a\\b", "x ", "\tx", "x/", "x\u200b"]
    sample.any_product["name"] = sample.chance.choice([*bad, name + "\r"])


def bad_expname(sample):
    member = sample.any_member()
    name = member["expname"]
    bad = ["   ", name + "\n", name + "\r", f" {name}", f"{name} ", f"x\t{name}", f"x\xa0{name}", "*"]
    bad += [f"*{name}", f"C:\\data\\{name}", f"data\\{name}", name + "\0"]
    if member["exptype"] != "sourcecat":
        bad += [name.partition(".")[0], name.partition(".")[0] + ".txt", name.upper()]
    member["expname"] = sample.chance.choice(bad)


def unknown_exptype(sample):
    member = sample.any_member()
    member["exptype"] = sample.chance.choice(["sceince", "sci", "bkg", "whatever", member["exptype"] + "x"])


def capital_science(sample):
    first = sample.asn["products"][0]
    for member in sample.science_of(first):
        member["exptype"] = "SCIENCE"


def without_science(sample):
    product = sample.any_product
    role = sample.chance.choice(["background", "target_acquisition", "imprint"])
    for member in sample.science_of(product):
        member["exptype"] = role


def without_psf(sample):
    product = sample.asn["products"][0]
    product["members"] = [one for one in product["members"] if one["exptype"] != "psf"]
    return sample.asn_type == "coron3"


def member_twice(sample):
    product = sample.any_product
    product["members"].append(dict(sample.chance.choice(product["members"])))


def two_roles(sample):
    if sample.pipeline.stage == 3:
        return False
    product = sample.any_product
    product["members"].append({**sample.science_of(product)[0], "exptype": "background"})
    return True


def too_many_science(sample):
    if sample.pipeline.stage == 3:
        return False
    sample.any_product["members"].append(sample.member("science"))
    return True


def half_a_pair(sample):
    if sample.asn_type == "wfs-image3":
        product = sample.any_product
        product["members"].remove(sample.science_of(product)[0])
        return True
    return False


def too_many_products(sample):
    if sample.pipeline.stage == 2 or sample.asn_type == "wfs-image3":
        return False
    sample.asn["products"].append(sample.product(9))
    return True


def one_name_for_two(sample):
    if sample.pipeline.stage == 3:
        return False
    sample.asn["products"].append(sample.product(9))
    sample.asn["products"][-1]["name"] = sample.asn["products"][0]["name"] + sample.chance.choice(
        ["", ".north", "_dark", "_cal", "-i2d"]
    )
    return True


def without_catalogue(sample):
    product = sample.any_product
    product["members"] = [one for one in product["members"] if one["exptype"] != "sourcecat"]
    if sample.chance.random() < 0.5:
        sample.asn["asn_rule"] = "mine"  # the companions tell that it is slitless
    return sample.slitless


def as_yaml(sample):
    sample.file_name = sample.chance.choice(["mine_asn.yaml", "mine_asn.yml"])
    return not sample.pipeline.takes_yaml


BREAKING = [
    unread_level,
    without_keyword,
    misspelt_keyword,
    wrong_type,
    empty_list,
    without_key,
    without_members,
    without_name,
    bad_product_name,
    bad_expname,
    unknown_exptype,
    capital_science,
    without_science,
    without_psf,
    member_twice,
    two_roles,
    too_many_science,
    half_a_pair,
    too_many_products,
    one_name_for_two,
    without_catalogue,
    as_yaml,
]


def other_order(sample):
    items = list(sample.asn.items())
    sample.chance.shuffle(items)
    sample.asn = dict(items)


def members_shuffled(sample):
    sample.chance.shuffle(sample.any_product["members"])


def own_keyword(sample):
    where = sample.chance.choice([sample.asn, sample.any_product, sample.any_member()])
    where[sample.chance.choice(["note", "observer", "visit_id", "weight", "exp_type", "my program"])] = [
        1,
        "x",
    ]


def less_keywords(sample):
    for key in (
        "version_id",
        "code_version",
        "degraded_status",
        "program",
        "constraints",
        "target",
        "asn_rule",
    ):
        if sample.chance.random() < 0.5 and not (sample.slitless and key == "asn_rule"):
            del sample.asn[key]
    for key in ("asn_id", "asn_pool"):
        if key not in sample.pipeline.keywords:
            sample.asn.pop(key, None)


def own_values(sample):
    sample.asn["version_id"] = sample.chance.choice(["NULL", "None", "mytestid", "v1.2", "20260101t000000"])
    sample.asn["program"] = sample.chance.choice(["1234", "noprogram", "98765", "abc"])
    sample.asn["target"] = sample.chance.choice(["M31", "t1.0", "none", "NGC 1"])
    sample.asn["asn_id"] = sample.chance.choice(["a3001", "c1000", "mine"])
    sample.asn["asn_pool"] = sample.chance.choice(["none", "singleton", "jw01234_pool"])


def member_keywords(sample):
    sample.any_member().update(
        exposerr="PARTIAL", asn_candidate=[["o001", "observation"]], group_id=7, tweakreg_catalog="x.ecsv"
    )


def compressed(sample):
    member = sample.any_member("science")
    member["expname"] = sample.chance.choice(
        [member["expname"] + ".gz", member["expname"].replace(".fits", ".asdf"), f"data/{member['expname']}"]
    )


def flagged_before(sample):
    if sample.pipeline.stage == 2:
        return False
    member = sample.any_member("science")
    member["expname"] = member["expname"].replace("_calints.", "_crfints.").replace("_cal.", "_o001_crf.")
    return True


def own_file_names(sample):
    sample.any_member("science")["expname"] = sample.chance.choice(
        ["mine.fits", "my-galaxy.fits", "a.b.c.fits"]
    )


def role_that_nobody_reads(sample):
    role = sample.chance.choice(["target_acquisition", "dark", "flat"])
    sample.any_product["members"].append({"expname": f"jw9_{role[:2]}_rate.fits", "exptype": role})


def selfcal_too(sample):
    if "selfcal" not in sample.pipeline.reads:
        return False
    product = sample.any_product
    roles = ("science", "background", "imprint")
    mine = [one for one in product["members"] if one["exptype"] in roles]
    there = {one["expname"] for one in product["members"] if one["exptype"] == "selfcal"}
    product["members"] += [{**one, "exptype": "selfcal"} for one in mine if one["expname"] not in there]
    return True


def capitals(sample):
    for member in sample.any_product["members"]:
        if member["exptype"] != "science":
            member["exptype"] = member["exptype"].upper()


def more_products(sample):
    if sample.pipeline.stage == 3 and sample.asn_type != "wfs-image3":
        return False
    sample.asn["products"].append(sample.product(9))
    return True


def other_product_name(sample):
    names = ["m31.north", "m31_dark", "x/m31", "jw01234-o001_t001_nircam_f200w", "my mosaic", "Ängström"]
    sample.any_product["name"] = sample.chance.choice(names)


def as_json(sample):
    names = ["a.json", "jw01234-o001_x_00001_asn.json", "jw99999-c1000_image3_00001_asn.json"]
    names += ["asn"] * sample.pipeline.takes_yaml  # by what it holds; the others go by the extension
    sample.file_name = sample.chance.choice(names)


def yaml_where_read(sample):
    sample.file_name = "mine_asn.yaml"
    return sample.pipeline.takes_yaml


HARMLESS = [
    other_order,
    members_shuffled,
    own_keyword,
    less_keywords,
    own_values,
    member_keywords,
    compressed,
    flagged_before,
    own_file_names,
    role_that_nobody_reads,
    selfcal_too,
    capitals,
    more_products,
    other_product_name,
    as_json,
    yaml_where_read,
]


def tried(mutations, seed, count):
    """Yield samples, each with the name of the mutation that was made of it."""
    number = 0
    made = 0
    while made < count:
        mutate = mutations[made % len(mutations)]
        sample = Sample(f"{seed}-{number}")
        number += 1
        if mutate(sample) is not False:
            made += 1
            yield mutate.__name__, sample
