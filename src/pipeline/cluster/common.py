"""Words that are common in news of any kind, by language: a window that has seen little starts from these.

``SILENT`` words say nothing about an event and are not read. ``FREQUENT`` words stand in the news of every day; they
are counted as if a few of the articles before the first had them. Written by hand; no list of anyone else.
"""

SILENT = {
    "en": "the and for that with this from was were has have had are but not you your his her its they them their our "
    "who what when where which while will would can could should may might one two all any some more most other than "
    "then there here into out over about after before also been being just only very how why because said says say "
    "new first last year years day days time people like get got make made between during under against through per "
    "via amid still now back did does doing down each few off own same such too until she him these those many much "
    "well even a an of in to on at by is it as be or if he we do up no so us me my",
    "es": "el la los las un una unos unas de del y que en por para con sin sobre entre como pero mas ya si su sus le "
    "les lo al es son fue ser ha han hay este esta estos estas ese esa eso muy tambien cuando donde desde hasta cada "
    "dos tres todo todos toda todas otro otra otros otras porque segun dijo ano anos dia dias nuevo nueva hace tiene",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber nicht mit von vom zum zur im am auf "
    "aus bei nach vor uber unter fur um als auch wie wenn dass sich sie er wir ihr ist sind war waren wird werden "
    "wurde wurden hat haben noch nur schon sein seine ihre mehr kann sagt jahr jahre",
    "fr": "le du et ou mais pas avec dans sur sous pour par plus est sont etait ont ete cette ces ses leur leurs qui "
    "ne au aux il elle ils elles nous vous se sa son comme tout tous toute toutes meme deux trois ans apres avant dit "
    "depuis chez fait",
    "pt": "os uma dos das da na nos nas em ao aos pelo pela sao foi era nao mas tem mais muito isso pelos pelas quando "
    "sem ate apos disse seu sua seus suas",
    "it": "della dei delle gli il che non piu una con sono nel nella alla anche",
}

FREQUENT = {
    "en": "monday tuesday wednesday thursday friday saturday sunday january february march april june july august "
    "september october november december today yesterday tomorrow morning afternoon evening night week weekend month "
    "hour minute second third fourth early late later earlier recent recently next past ago long short since already "
    "again ever never always often once yet soon however although though whether according told tell asked added "
    "announced reported report reports reporting reporter news press associated reuters agency media website online "
    "statement spokesman spokeswoman spokesperson interview comment comments story source sources officials official "
    "authorities government president minister state states national federal local city county country countries "
    "world international american united america british police officer officers man woman men women child children "
    "boy girl family mother father son daughter wife husband friend friends neighbor home house street road car "
    "vehicle driver scene area north south east west near away around along across street school university student "
    "hospital doctor medical health died dead death killed killing kill injured injuries victim victims accident "
    "crash incident fire shot shooting gun attack attacked arrested arrest arrested suspect suspected charged charge "
    "charges court judge trial case law lawyer attorney prosecutor guilty jail prison sentence crime murder "
    "investigation investigators found find missing search rescue identified believed company companies business "
    "firm group industry market markets price prices sales revenue profit shares stock investors million billion "
    "percent quarter earnings analyst customers product products service services chief executive director manager "
    "head member members team teams game games season player players coach league played play win won lost loss win "
    "victory score points run championship final match record star show film movie music actor actress award awards "
    "host hosted performance performances audience fans name named names called call known play role part number "
    "lead leader leading led plan plans planned program project work worked working job jobs office move move set "
    "start started begin began end ended open opened close closed come came coming take took taken taking give given "
    "gave put keep kept left leave right high low big small large great good better best bad old young little much "
    "want need needs help try tried think thought believe know see seen look looking say think feel expected expect "
    "likely possible able use used using pay paid money cost costs deal offer buy sell sold bought held hold "
    "decision decided issue issues problem change changes power public private free open full hard real major top "
    "key important special general several three four five six seven eight nine ten hundred thousand dozen half "
    "least less nearly almost together another every both without within toward despite including included life "
    "live lived living way thing things lot something nothing anything everyone someone others questions question "
    "answer point fact reason result results level line side place event events history war military force forces "
    "ship navy army troops security operation water sea air land minutes age aged years photo photos video twitter "
    "facebook copyright rights reserved updated read posted published email click advertisement share follow",
    "es": "lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto "
    "septiembre octubre noviembre diciembre hoy ayer semana mes meses hora horas noche manana gobierno presidente "
    "ministro estado pais paises ciudad nacional empresa empresas mercado precio precios millones mercado dolares euros ciento "
    "policia autoridades fuentes agencia medios noticia informe asegura explica explico afirma anuncio senala mientras "
    "ademas aunque tambien durante antes despues ahora aun solo menos mayor mejor primer primera segundo ultimo ultima "
    "grupo director directora equipo persona personas gente mundo vida trabajo parte caso forma vez veces casi cuatro "
    "cinco seis siete ocho nueve diez mil sistema programa proyecto modelo modelos datos usuarios clientes",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz april mai juni juli august "
    "september oktober november dezember heute gestern woche monat stunden prozent millionen milliarden euro "
    "unternehmen firma regierung prasident minister staat land stadt polizei behorden agentur bericht erklarte teilte "
    "sagte neue neuen ersten zwei drei vier funf menschen kunden jedoch bereits wahrend seit gegen ohne zwischen",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout "
    "septembre octobre novembre decembre hier semaine mois heures gouvernement president ministre pays ville "
    "entreprise entreprises marche prix millions milliards euros police agence selon explique affirme annonce groupe "
    "nouveau nouvelle premier premiere personnes monde clients modele donnees quatre cinq",
    "pt": "segunda terca quarta quinta sexta sabado domingo janeiro fevereiro marco abril maio junho julho agosto "
    "setembro outubro novembro dezembro hoje ontem semana mes horas governo presidente ministro pais cidade empresa "
    "empresas mercado preco precos milhoes bilhoes reais policia agencia segundo afirma anunciou grupo novo nova "
    "primeiro primeira pessoas mundo clientes modelo dados quatro cinco",
}
