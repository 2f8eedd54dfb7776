from flask import Blueprint

pages = Blueprint("replies", __name__, url_prefix="/calendar")
