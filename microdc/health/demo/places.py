"""Where the demo's sites are: points of presence in Europe and Brazil. Latitude and longitude in degrees, of the place in the title."""

from __future__ import annotations

from typing import NamedTuple


class Pop(NamedTuple):
    """code: begins the names of what stands there."""

    code: str
    name: str
    title: str
    at: tuple[float, float]


POPS = (
    Pop("bcn", "barcelona", "Sagrada Família micro-DC", (41.4036, 2.1744)),
    Pop("cps", "campinas", "Campinas · Unicamp 🌱", (-22.8170, -47.0697)),
    Pop("par", "paris", "Paris · Montparnasse", (48.8421, 2.3220)),
    Pop("lis", "lisbon", "Lisboa · Alvalade", (38.7537, -9.1440)),
    Pop("sao", "saopaulo", "São Paulo · Butantã", (-23.5614, -46.7308)),
    Pop("mad", "madrid", "Madrid · Las Tablas", (40.5091, -3.6704)),
    Pop("rio", "rio", "Rio de Janeiro · Urca", (-22.9553, -43.1756)),
    Pop("grx", "granada", "Granada (غرناطة) micro-DC", (37.1773, -3.5986)),
    Pop("mil", "milan", "Milano · Bovisa", (45.5036, 9.1568)),
    Pop("for", "fortaleza", "Fortaleza · Praia do Futuro", (-3.7466, -38.4480)),
    Pop("ams", "amsterdam", "Amsterdam · Science Park", (52.3556, 4.9500)),
    Pop("ber", "berlin", "Berlin · Adlershof", (52.4290, 13.5304)),
    Pop("ren", "rennes", "Rennes · Beaulieu", (48.1173, -1.6392)),
    Pop("poa", "portoalegre", "Porto Alegre · Vale", (-30.0690, -51.1194)),
    Pop("lux", "luxembourg", "Luxembourg · Belval", (49.5032, 5.9472)),
    Pop("tls", "toulouse", "Toulouse · Rangueil", (43.5615, 1.4665)),
    Pop("rec", "recife", "Recife · Porto Digital", (-8.0632, -34.8711)),
    Pop("zrh", "zurich", "Zürich · Oerlikon", (47.4111, 8.5441)),
    Pop("bsb", "brasilia", "Brasília · Darcy Ribeiro", (-15.7631, -47.8706)),
    Pop("krk", "krakow", "Kraków · Czyżyny", (50.0755, 19.9934)),
    Pop("lon", "london", "London · Docklands", (51.5115, -0.0020)),
    Pop("flp", "florianopolis", "Florianópolis · Trindade", (-27.6000, -48.5188)),
    Pop("gnb", "grenoble", "Grenoble · Presqu'île", (45.2060, 5.6930)),
    Pop("sof", "sofia", "София · Цариградско шосе", (42.6590, 23.3800)),
    Pop("ssa", "salvador", "Salvador · Ondina", (-13.0020, -38.5080)),
    Pop("ham", "hamburg", "Hamburg · Bahrenfeld", (53.5770, 9.8870)),
    Pop("vie", "vienna", "Wien · Arsenal", (48.1820, 16.3930)),
    Pop("bhz", "belohorizonte", "Belo Horizonte · Pampulha", (-19.8690, -43.9660)),
    Pop("prg", "prague", "Praha · Dejvice", (50.1020, 14.3930)),
    Pop("cwb", "curitiba", "Curitiba · Centro Politécnico", (-25.4510, -49.2310)),
)


def pops(count: int) -> tuple[Pop, ...]:
    """So many; beyond the list, more of them in the same cities, some kilometres away."""
    found = list(POPS[:count])
    for number in range(len(POPS), count):
        round_, index = divmod(number, len(POPS))
        city = POPS[index]
        where = (city.at[0] + 0.05 * round_, city.at[1] + 0.07 * round_)
        code, name = f"{city.code}{round_ + 1}", f"{city.name}-{round_ + 1}"
        found.append(Pop(code, name, f"{city.title} {round_ + 1}", where))
    return tuple(found)
